/** A sample of whole partitions reads about as many rows as were asked for, and gives no more. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Table from "../../../src/define/Table.ts"
import { checkTable } from "../../../src/maintain/check.ts"
import { sampleSegments } from "../../../src/source/scan/samplePages.ts"
import * as MemoryTable from "../../../src/testing/MemoryTable.ts"

const Order = Aggregate.make("orders", {
  key: "P#{p}",
  root: Aggregate.root("A", {}),
  parts: { rows: Aggregate.many("R#{n}", { text: Schema.String }) }
})
const definition = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

/** Ten rows take a read unit. */
const text = { S: "x".repeat(350) }
const rowsEach = 5

const checked = Effect.fnUntraced(function* (partitions: number, rowsMax: number) {
  const table = yield* MemoryTable.make({ pageRowsMax: 10_000 })
  for (let p = 0; p < partitions; p++) {
    for (let n = 0; n < rowsEach; n++)
      yield* table.put({ PK: { S: `P#${p}` }, SK: { S: n === 0 ? "A" : `R#${n}` }, text })
  }
  const report = yield* Effect.provide(
    checkTable(definition, { tableName: "table" }, { rowsMax }),
    MemoryTable.layerScanApi(table)
  )
  assert.strictEqual(report.documents["orders"]!.waitingRows, 0)
  assert.strictEqual(report.rows % rowsEach, 0, "whole partitions")
  return report
})

it.effect("of many rows some are read", () =>
  Effect.map(checked(1000, 200), ({ rows, units }) => {
    assert.isAtMost(rows, 200)
    assert.isAtLeast(rows, 200 - sampleSegments(200) * rowsEach)
    assert.isAtMost(units, 200 / 10 + sampleSegments(200))
  })
)

it.effect("of few rows all are", () =>
  Effect.map(checked(20, 1000), ({ rows }) => assert.strictEqual(rows, 20 * rowsEach))
)
