/** Times as text: ISO 8601 as ECMAScript writes it, in UTC where no zone is said, wherever the process runs. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import * as IsoTime from "../src/IsoTime.ts"
import { index } from "../src/testing/deliveries.ts"
import { inZone, inZones } from "./whole/zones.ts"

const max = 8_640_000_000_000_000
const millis = Arbitrary.map(Arbitrary.all([index(2 ** 31), index(2 ** 22), index(2)]), ([high, low, sign]) =>
  Math.max(-max, Math.min(max, (high * 2 ** 22 + low) * (sign === 1 ? -1 : 1)))
)

it("a zone that a test sets is the zone of the process", () =>
  assert.deepStrictEqual(
    inZones(() => new Date(2020, 6).getTimezoneOffset()),
    [0, -540, 150]
  ))

describe("parse", () => {
  it.prop("takes every time that a Date writes", [millis], ([millis]) =>
    assert.strictEqual(IsoTime.parse(new Date(millis).toISOString()), millis)
  )

  it.prop("takes a time without a zone as UTC, in every zone", [millis], ([millis]) => {
    const text = new Date(millis).toISOString().slice(0, -1)
    assert.deepStrictEqual(
      inZones(() => IsoTime.parse(text)),
      [millis, millis, millis]
    )
  })

  it.prop("takes the days that there are, and no other", [index(4000), index(14), index(33)], ([year, month, day]) => {
    const text = [String(year).padStart(4, "0"), ...[month, day].map((part) => String(part).padStart(2, "0"))].join("-")
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day)
    const isDay = date.toISOString().slice(0, 10) === text
    assert.strictEqual(IsoTime.parse(text), isDay ? date.getTime() : undefined)
  })

  it.each<[string, string]>([
    ["2004", "2004-01-01T00:00:00.000Z"],
    ["2021-01", "2021-01-01T00:00:00.000Z"],
    ["2012-06-12", "2012-06-12T00:00:00.000Z"],
    ["2012-06-12T10:30", "2012-06-12T10:30:00.000Z"],
    ["2012-06-12T10:30:05", "2012-06-12T10:30:05.000Z"],
    ["2012-06-12T10:30:05.5", "2012-06-12T10:30:05.500Z"],
    ["2020-06-21T19:10:00.123456", "2020-06-21T19:10:00.123Z"],
    ["2020-06-21T19:10:00.123456789Z", "2020-06-21T19:10:00.123Z"],
    ["2012-06-12T10:30:05+09:30", "2012-06-12T01:00:05.000Z"],
    ["2012-06-12T24:00:00", "2012-06-13T00:00:00.000Z"],
    ["0001-01-01T00:00:00", "0001-01-01T00:00:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"]
  ])("%s is %s", (text, iso) =>
    assert.deepStrictEqual(
      inZones(() => IsoTime.format(IsoTime.parse(text)!)),
      [iso, iso, iso]
    )
  )

  it.each([
    ..."|soon|order 5|12|06/07/2020|2020-6-1|20200621|2020-06-21 19:10:00|2020-06-21T19|2020-06-21t19:10:00z".split(
      "|"
    ),
    ..."2026-02-30|2026-02-30T10:00Z|2023-02-29|2026-04-31|2026-13-01|2026-00-10|2026-01-00".split("|"),
    ..."2026-01-01T25:00|2026-01-01T24:00:01|2026-01-01T10:60|2026-01-01T10:00:60|2026-01-01T10:00:00.".split("|"),
    ..."2026-01-01Z|2026-01-01T10:00+0900|2026-01-01T10:00+24:00|2026-01-01T10:00 UTC|-000000-01-01".split("|"),
    ..."+275760-09-13T00:00:00.001Z|Sun, 06 Nov 1994 08:49:37 GMT|2026-01-01T10:00:00.1234567890Z|1785664790".split(
      "|"
    ),
    " 2026-01-01",
    "2026-01-01\n"
  ])("%j is no time", (text) => assert.isUndefined(IsoTime.parse(text)))
})

it.each([Number.NaN, Infinity, -Infinity, max + 1, -max - 1])("%d is written, though no date can hold it", (millis) =>
  assert.strictEqual(
    inZone("Asia/Tokyo", () => IsoTime.format(millis)),
    "an unknown time"
  )
)
