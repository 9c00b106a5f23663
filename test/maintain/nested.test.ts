/** Rows inside rows and hidden ones: explain says why readers do not see them, and a repair mends them where they are. */
import { assert, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import { explain } from "../../src/maintain/explain.ts"
import { inspect } from "../../src/maintain/inspect.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as source from "../../src/fold/source.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { spoil } from "./shop.ts"
import { makeWorld, stored } from "./world.ts"

const text = Schema.String
const Task = Aggregate.make("orders", {
  key: "TASK#{t}",
  root: Aggregate.root("TASK", { title: text }),
  parts: {
    comments: Aggregate.many(
      "COMMENT#{c}",
      { body: text },
      { parts: { reactions: Aggregate.many("#REACTION#{u}", { emoji: text }) } }
    ),
    cover: Aggregate.one("COVER#{id}", {}, { parts: { tags: Aggregate.many("#TAG#{n}", {}) } }),
    visits: Aggregate.many("VISIT#{v}", {}, { hidden: true })
  }
}).pipe(Aggregate.derive({ visitors: Schema.Int }, ({ visits }) => ({ visitors: visits.length })))
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Task] })
const index = "orders-000001"

const row = (SK: string, fields: object = {}) => ({ PK: { S: "TASK#1" }, SK: { S: SK }, ...fields })
const reaction = (c: string, emoji: string) => row(`COMMENT#${c}#REACTION#ann`, { emoji: { S: emoji } })

it.effect("show where they are, why they are not seen, and are mended there", () =>
  Effect.gen(function* () {
    const world = yield* makeWorld()
    const rows = [
      row("TASK", { title: { S: "tea" } }),
      row("COMMENT#1", { body: { S: "hot" } }),
      reaction("1", "+1"),
      reaction("2", "-1"),
      ...["COVER#1", "COVER#1#TAG#1", "COVER#2", "VISIT#1", "VISIT#2"].map((SK) => row(SK))
    ]
    for (const one of rows) yield* world.table.put(one)
    const changes = yield* world.take(Number.POSITIVE_INFINITY)
    yield* Effect.provide(Pipeline.deliver(table, changes), world.layer)
    const document = () => {
      const { _sync: _, ...fields } = stored(world.server, index).get("1")
      return fields
    }
    const whole = {
      title: "tea",
      comments: [{ body: "hot", reactions: [{ emoji: "+1" }] }],
      cover: { tags: [] },
      visitors: 2
    }
    assert.deepStrictEqual(document(), whole)

    const shape = Shape.of(Task)
    const explained = Effect.gen(function* () {
      const ref = { shape, id: "1", longKey: undefined }
      const [inspected] = yield* Effect.provide(inspect(table, world.table.tableName, [ref]), world.layer)
      return explain(inspected!)
    })
    const { findings, rows: all } = yield* explained
    assert.deepStrictEqual(findings, [])
    assert.deepStrictEqual(Object.fromEntries(all.flatMap(({ key, unseen }) => (unseen ? [[key, unseen]] : []))), {
      "TASK#1 / COMMENT#2#REACTION#ann": "it waits for the row TASK#1 / COMMENT#2",
      "TASK#1 / COVER#1": "a greater row shows in its place",
      "TASK#1 / COVER#1#TAG#1": "readers do not see the row TASK#1 / COVER#1",
      "TASK#1 / VISIT#1": '"visits" is hidden, for derived fields alone',
      "TASK#1 / VISIT#2": '"visits" is hidden, for derived fields alone'
    })

    spoil(world.server, "1", (fields) => {
      const { success } = source.parse(shape, "1", fields) as Result.Success<any, never>
      const wrong = success.rows.map((row: any) =>
        row.row.field === "comments.reactions" ? { ...row, json: `{"emoji":"?"}` } : row
      )
      return source.render({ ...success, rows: wrong.filter((row: any) => row.rowKey !== "VISIT#2") }).text
    })
    assert.notDeepEqual(document(), whole)
    const wrong = (yield* explained).rows.flatMap(({ field, fields, key, kind }) =>
      kind ? [[key, field, kind, fields]] : []
    )
    assert.deepStrictEqual(wrong, [
      ["TASK#1 / COMMENT#1#REACTION#ann", "comments.reactions", "wrong row", ["comments.reactions.emoji"]],
      ["TASK#1 / COMMENT#2#REACTION#ann", "comments.reactions", "wrong row", ["comments.reactions.emoji"]],
      ["TASK#1 / VISIT#2", "visits", "missing row", []]
    ])
    const options = { tableName: world.table.tableName, settle: 0, isRepairing: true }
    const report = yield* Effect.provide(verify(table, options), world.layer)
    assert.deepInclude(report, { drift: 3 })
    assert.deepStrictEqual(document(), whole)

    // As a definition without the tags wrote it.
    spoil(world.server, "1", (fields) => ({ ...fields, cover: {} }))
    const again = yield* Effect.provide(verify(table, options), world.layer)
    assert.deepInclude(again.counts, { "stale field": 1 })
    assert.deepStrictEqual(document(), whole)
  })
)
