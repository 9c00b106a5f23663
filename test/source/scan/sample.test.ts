/** A sample is bounded, and spread over all that it may be of. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { sample, sampleTable, segmentsFor } from "../../../src/source/scan/sample.ts"
import * as MemoryTable from "../../../src/testing/MemoryTable.ts"

const tableOf = Effect.fnUntraced(function* (partitions: number, rowsEach: number) {
  const table = yield* MemoryTable.make()
  for (let p = 0; p < partitions; p++) {
    for (let n = 0; n < rowsEach; n++) yield* table.put({ PK: { S: `P#${p}` }, SK: { S: `R#${n}` } })
  }
  return table
})

const sampled = Effect.fnUntraced(function* (partitions: number, rowsEach: number, rowsMax: number) {
  const table = yield* tableOf(partitions, rowsEach)
  const { rows, units } = yield* Effect.provide(sampleTable("table", rowsMax), MemoryTable.layerScanApi(table))
  const keys = rows.map(({ PK, SK }) => JSON.stringify([PK, SK]))
  assert.strictEqual(new Set(keys).size, keys.length, "each row once")
  return { rows: rows.length, units, partitions: new Set(rows.map(({ PK }) => JSON.stringify(PK))).size }
})

describe("sampleTable", () => {
  it.effect("reads all of a small table", () =>
    Effect.map(sampled(3, 400, 2000), ({ partitions, rows }) => assert.deepStrictEqual([rows, partitions], [1200, 3]))
  )

  it.effect("reads no more than was asked for, of many partitions", () =>
    Effect.map(sampled(300, 5, 400), ({ partitions, rows, units }) => {
      assert.strictEqual(rows, 400)
      assert.isAbove(partitions, 60)
      assert.isAbove(units, 0)
    })
  )

  it.effect("reads on where rows stand in few segments", () =>
    Effect.map(sampled(2, 600, 1000), ({ partitions, rows }) => assert.deepStrictEqual([rows, partitions], [1000, 2]))
  )
})

it.effect("a page that is larger than was asked for counts as what was asked for", () =>
  Effect.gen(function* () {
    const page = Array.from({ length: 1000 }, (_, n) => ({ PK: { S: `${n}` } }))
    const read = () => Effect.succeed({ items: page, last: page.at(-1), units: 0 })
    assert.strictEqual((yield* sample(3, 100, read)).rows.length, 100)
  })
)

it("has twenty rows of a segment at least", () => {
  assert.deepStrictEqual([1, 100, 2000, 10_000].map(segmentsFor), [1, 5, 100, 100])
})
