/** Strings in the order of their UTF-8 bytes, which DynamoDB sorts by, against the bytes themselves. */
import { assert, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import { codePoints } from "../../src/decode/codePoints.ts"
import { index } from "../../src/testing/deliveries.ts"

const points = [
  "",
  "\u0000",
  "1",
  "A",
  "a",
  "\u007f",
  "\u0080",
  "ä",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uff21",
  "\uffff",
  "\u{10000}",
  "\u{1f375}",
  "\u{10ffff}"
]
const texts = Arbitrary.map(Arbitrary.array(index(points.length), { maxLength: 6 }), (at) =>
  at.map((i) => points[i]).join("")
)

it.prop(
  "orders as UTF-8 bytes do",
  [texts, texts],
  ([a, b]) => assert.strictEqual(Math.sign(codePoints(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b))),
  { arbitrary: { runs: 1000 } }
)

it("puts U+E000 to U+FFFF below the planes above, where UTF-16 has them last", () => {
  assert.isBelow(codePoints("\uff21", "\u{1f375}"), 0)
  assert.deepStrictEqual(["\uff21", "\u{1f375}"].sort(), ["\u{1f375}", "\uff21"])
})
