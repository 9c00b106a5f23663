/** A definition whose key names are not the table's: commands say so before they write, remove or report anything. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import { inspect } from "../../src/maintain/inspect.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as shop from "./shop.ts"
import { deliver, makeWorld, visible } from "./world.ts"

const tableOf = (partitionKey: string, sortKey: string) =>
  Table.make({ partitionKey, sortKey, aggregates: [shop.Order] })

it.effect.each([
  ["a misspelt sort key", tableOf("PK", "sk"), "PK, sk"],
  ["a misspelt partition key", tableOf("pk", "SK"), "pk, SK"],
  ["the keys swapped", tableOf("SK", "PK"), "SK, PK"]
] as const)("with %s", ([, wrong, names]) =>
  Effect.gen(function* () {
    const world = yield* makeWorld()
    for (const n of [1, 2]) yield* world.table.put(shop.details(n, "Ada"))
    yield* deliver(shop.table, yield* world.take(10)).pipe(Effect.provide(world.layer))
    const { tableName } = world.table
    const candidate = { shape: Shape.of(shop.Order), id: "1", longKey: undefined }
    const errors = yield* Effect.all([
      Effect.flip(backfill(wrong, { tableName })),
      Effect.flip(verify(wrong, { tableName, settle: 0, isRepairing: true })),
      Effect.flip(inspect(wrong, tableName, [candidate]))
    ]).pipe(Effect.provide(world.layer))
    for (const error of errors) {
      assert.strictEqual(error._tag, "SourceError")
      assert.include(
        error.message,
        `the table ${world.table.tableArn} has the keys PK, SK; the definition has the keys ${names}`
      )
    }
    assert.deepEqual(visible(world.server, shop.index), yield* shop.expected(world.table))
  })
)
