/** The table's rows stay in order however they come and go. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { compareRows, merged, tableLines } from "../../../../src/console/page/model/tableLines.ts"
import { row } from "../rows.ts"

const names = { partitionKey: "PK", sortKey: "SK" }
const Edit = Schema.Struct({
  put: Schema.Array(Schema.Tuple([Schema.Literals(["a", "b", "c"]), Schema.Literals(["1", "2", "3", "4"])])),
  removed: Schema.Array(Schema.Tuple([Schema.Literals(["a", "b", "c"]), Schema.Literals(["1", "2", "3", "4"])]))
})

describe("rows", () => {
  it.prop("are those put and not removed since, each once, in order", [Schema.Array(Edit)], ([edits]) => {
    let rows: ReturnType<typeof merged> = []
    const expected = new Set<string>()
    for (const { put, removed } of edits) {
      const gone = removed.map(([pk, sk]) => row(pk, sk).row)
      rows = merged(
        rows,
        put.map(([pk, sk]) => row(pk, sk)),
        gone,
        names
      )
      for (const [pk, sk] of put) expected.add(row(pk, sk).row)
      for (const one of gone) expected.delete(one)
    }
    assert.deepStrictEqual(
      rows.map(({ row }) => row),
      [...expected].sort()
    )
  })

  it("have numbers in the order of their values", () => {
    const of = (sort: string) => ({ ...row("a", sort), keys: { PK: { S: "a" }, SK: { N: sort } } })
    const sorted = [of("10"), of("9"), of("-1")].sort(compareRows(names))
    assert.deepStrictEqual(
      sorted.map(({ sort }) => sort),
      ["-1", "9", "10"]
    )
  })
})

describe("lines", () => {
  const rows = [row("a", "1"), row("a", "2"), row("b", "1")]

  it("begin each partition with one of its own", () =>
    assert.deepStrictEqual(
      tableLines(rows, "").map((line) => (line.kind === "partition" ? [line.partition, line.rows] : line.row.sort)),
      [["a", 2], "1", "2", ["b", 1], "1"]
    ))

  it("are those whose key has the text", () => {
    assert.strictEqual(tableLines(rows, "B").length, 2)
    assert.strictEqual(tableLines(rows, "nothing").length, 0)
  })
})
