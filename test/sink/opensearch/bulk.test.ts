import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { cut } from "../../../src/cut.ts"
import { lines } from "../../../src/sink/opensearch/bulk.ts"

describe("lines", () => {
  it("are two, whatever characters id and document hold (case 7)", () => {
    const id = 'a\n"\u0000\u2028'
    const text = lines({ id, text: JSON.stringify({ note: "a\u0000b\n\u001f" }), seen: undefined })
    const [action, document, rest] = text.split("\n")
    assert.strictEqual(JSON.parse(action!).create._id, id)
    assert.strictEqual(JSON.parse(document!).note, "a\u0000b\n\u001f")
    assert.strictEqual(rest, "")
  })
  it("require the state that was seen", () => {
    const text = lines({ id: "1", text: "{}", seen: { seqNo: 5, primaryTerm: 2 } })
    assert.deepStrictEqual(JSON.parse(text.split("\n")[0]!), {
      index: { _id: "1", if_seq_no: 5, if_primary_term: 2 }
    })
  })
})

describe("cut", () => {
  const sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 })))
  it.prop(
    "keeps every item once and in order, under both limits but for an item too large by itself",
    [sizes],
    ([items]) => {
      const groups = cut(items, (size) => size, 15, 4)
      assert.deepStrictEqual(groups.flat(), items)
      for (const group of groups) {
        assert.isAtMost(group.length, 4)
        assert.isTrue(group.length === 1 || group.reduce((sum, size) => sum + size, 0) <= 15)
        assert.isAbove(group.length, 0)
      }
    }
  )
})
