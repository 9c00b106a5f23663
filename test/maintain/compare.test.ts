/** Kinds with the same keys and fields: a row that the document shows as another kind is wrong, and a repair moves it. */
import { assert, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { compare } from "../../src/maintain/compare.ts"
import { repair } from "../../src/maintain/repair.ts"
import { put } from "../../src/testing/index.ts"
import { visible } from "../fold/fold.ts"

const fields = { text: Schema.String }
const Board = Aggregate.make("boards", {
  key: "BOARD#{id}",
  parts: {
    open: Aggregate.many("{n}", fields, { type: { state: "open" } }),
    done: Aggregate.many("{n}", fields, { type: { state: "done" } })
  }
})

it("a row of another kind is wrong, with the fields that it is to be shown with", () => {
  const shape = Shape.of(Board)
  const [patch] = Patch.fromEvents([put(Board).open({ id: "1", n: "a" }, { text: "x" })])
  const document = Document.apply(Document.empty(patch!), patch!)
  const stored = { id: "1", source: visible(document) as object, document: Result.succeed(document) }
  const tableOf = (field: "open" | "done") => ({
    rows: new Map([["a", { row: shape.rows.find((row) => row.field === field)!, json: '{"text":"x"}' }]]),
    refused: new Map<string, string>(),
    isWhole: true
  })
  const found = compare(shape, tableOf("done"), { ...stored, seqNo: 0, primaryTerm: 1 } as never)
  assert.deepStrictEqual(
    found.map(({ fields, kind, rowKey }) => [kind, rowKey, fields]),
    [["wrong row", "a", ["done.text"]]]
  )
  assert.deepStrictEqual(compare(shape, tableOf("open"), { ...stored, seqNo: 0, primaryTerm: 1 } as never), [])
  const { registers } = repair(
    { ...tableOf("done"), candidate: document, stored, askedAt: 1, table: { epoch: 0 }, findings: found } as never,
    found
  )!
  assert.deepStrictEqual(visible(Document.apply(document, { registers })), { open: [], done: [{ text: "x" }] })
})
