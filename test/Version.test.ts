/** Versions are totally ordered by epoch, kind, sequence and reading; sequence numbers by value at any length. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Arn from "../src/Arn.ts"
import * as Version from "../src/Version.ts"
import { index } from "../src/testing/deliveries.ts"
import { versions } from "../src/testing/index.ts"

const digits = Arbitrary.map(Arbitrary.array(index(10), { minLength: 1, maxLength: 40 }), (all) => all.join(""))

describe("compareSequence", () => {
  it.prop(
    "orders by value, leading zeros aside",
    [digits, digits, index(4)],
    ([a, b, zeros]) => {
      const expected = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
      assert.strictEqual(Math.sign(Version.compareSequence("0".repeat(zeros) + a, b)), expected)
      assert.strictEqual(Math.sign(Version.compareSequence(a, "0".repeat(zeros) + b)), expected)
    },
    { arbitrary: { runs: 500 } }
  )

  it("orders a longer one above a shorter one, whatever their first digits", () => {
    assert.isAbove(Version.compareSequence("1000000000000000000000", "999999999999999999999"), 0)
  })
})

describe("compare", () => {
  it.prop(
    "is a total order",
    [versions, versions, versions],
    ([a, b, c]) => {
      assert.strictEqual(Math.sign(Version.compare(a, b)), -Math.sign(Version.compare(b, a)) + 0)
      assert.strictEqual(Version.compare(a, b) === 0, JSON.stringify(a) === JSON.stringify(b))
      if (Version.compare(a, b) <= 0 && Version.compare(b, c) <= 0) assert.isAtMost(Version.compare(a, c), 0)
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "case 14: no scan of an epoch beats a record of its stream",
    [Schema.Int, digits],
    ([requestedAt, sequence]) =>
      assert.isBelow(Version.compare(Version.scan(5, Math.abs(requestedAt)), Version.stream(5, sequence)), 0)
  )

  it.prop(
    "case 29: a newer stream beats an older one and its scans, however small its numbers",
    [digits, digits],
    ([older, newer]) => {
      assert.isAbove(Version.compare(Version.stream(6, newer), Version.stream(5, older)), 0)
      assert.isAbove(Version.compare(Version.scan(6, 0), Version.stream(5, older)), 0)
    }
  )

  it.prop(
    "a reading is newer than what it corrects, and older than the next word",
    [digits, index(1000)],
    ([sequence, at]) => {
      const read = Version.stream(5, sequence, at + 1)
      assert.isAbove(Version.compare(read, Version.stream(5, sequence)), 0)
      assert.isBelow(Version.compare(read, Version.stream(5, String(BigInt(sequence) + 1n))), 0)
    }
  )
})

it.each([
  [
    "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop/stream/2026-08-01T12:00:00.123",
    Date.UTC(2026, 7, 1, 12, 0, 0, 123)
  ],
  [
    "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/a.b_c-d/stream/2026-08-01T12:00:00.000",
    Date.UTC(2026, 7, 1, 12)
  ],
  ["arn:aws:dynamodb:eu-west-1:123456789012:table/Shop", undefined],
  ["arn:aws:kinesis:eu-west-1:123456789012:stream/Shop", undefined],
  ["arn:aws:dynamodb:eu-west-1:123456789012:table/Shop/stream/soon", undefined],
  ["", undefined]
])("the epoch of %s", (arn, epoch) => assert.strictEqual(Arn.epochOf(arn), epoch))

it("the table of a stream", () =>
  assert.strictEqual(
    Arn.tableOf("arn:aws:dynamodb:eu-west-1:123456789012:table/Shop/stream/2026-08-01T12:00:00.123"),
    "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop"
  ))
