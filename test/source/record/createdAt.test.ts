/** A record's creation time, in whatever unit and form it comes; what is no time is told as none. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { createdAtOf } from "../../../src/source/record/createdAt.ts"
import { index } from "../../../src/testing/deliveries.ts"

const at = (time: unknown, precision?: unknown) =>
  createdAtOf({ ApproximateCreationDateTime: time, ApproximateCreationDateTimePrecision: precision })

/** From 2001 to 2035, in milliseconds. */
const millis = Arbitrary.map(Arbitrary.all([index(1_000_000), index(1_000_000)]), ([high, low]) =>
  Math.floor(1_000_000_000_000 + high * 1_050_000 + low)
)

describe("one time", () => {
  it.prop("case 64: is the same in every unit, with or without the record's precision", [millis], ([millis]) => {
    const second = millis - (millis % 1000)
    assert.strictEqual(at(second / 1000), second)
    assert.strictEqual(at(millis / 1000), millis)
    assert.strictEqual(at(millis), millis)
    assert.strictEqual(at(millis, "MILLISECOND"), millis)
    assert.strictEqual(at(millis * 1000 + 1), millis)
    assert.strictEqual(at(millis * 1000, "MICROSECOND"), millis)
    assert.strictEqual(at(millis * 1_000_000), millis)
    assert.strictEqual(at(millis * 1_000_000, "NANOSECOND"), millis)
  })

  it.prop("is the same as a Date, as ISO text and as digits", [millis], ([millis]) => {
    assert.strictEqual(at(new Date(millis)), millis)
    assert.strictEqual(at(new Date(millis).toISOString()), millis)
    assert.strictEqual(at(String(millis)), millis)
    assert.strictEqual(at(`${millis / 1000}`), millis)
    assert.strictEqual(at(`${millis}000`, "MICROSECOND"), millis)
  })

  it("the record's precision decides where the size would say otherwise", () => {
    assert.strictEqual(at(1_785_664_790, "MILLISECOND"), 1_785_664_790)
    assert.strictEqual(at(1_785_664_790_123, "MICROSECOND"), 1_785_664_790)
    assert.strictEqual(at(1_785_664_790, "a new one"), 1_785_664_790_000)
  })

  it.each([
    ["a number as Java's serialisers write it", "1.785664790E9", 1_785_664_790_000],
    ["a time without a zone", "2026-08-02T09:59:50", 1_785_664_790_000],
    ["an offset, as the AWS CLI has it", "2026-08-02T11:59:50+02:00", 1_785_664_790_000]
  ])("%s", (_, time, expected) => assert.strictEqual(at(time), expected))
})

it.each([
  undefined,
  null,
  "",
  "soon",
  "-1",
  "1e999",
  "9".repeat(400),
  -1,
  -0.5,
  Number.NaN,
  Infinity,
  -Infinity,
  1e21,
  1e22,
  Number.MAX_VALUE,
  new Date(Number.NaN),
  new Date(-1),
  new Date("x"),
  {},
  [],
  true
])("%j is no time", (time) => assert.isUndefined(at(time)))

it.prop("whatever number it is, it is a time that a date can hold, or none", [Schema.Number], ([number]) => {
  for (const time of [number, String(number), number * 1e15]) {
    for (const precision of [undefined, "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND"]) {
      const millis = at(time, precision)
      if (millis !== undefined) assert.isTrue(millis >= 0 && !Number.isNaN(new Date(millis).getTime()))
    }
  }
})
