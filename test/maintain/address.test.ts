/** From keys to documents and back: a key finds its document, and a document its rows, whatever the key holds. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Option, Schema } from "effect"
import { documentKey, reservedId } from "../../src/decode/rowKey.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import { addressOf } from "../../src/maintain/address.ts"
import { aggregatesFor, explain } from "../../src/maintain/explain.ts"
import { inspect } from "../../src/maintain/inspect.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as Documents from "../../src/sink/Documents.ts"
import { deliveries } from "../../src/testing/index.ts"
import { index } from "../../src/testing/deliveries.ts"
import { Basket, Order } from "../definitions.ts"
import { deliver, makeWorld } from "./world.ts"

const S = Schema.String
const Thing = Aggregate.make("things", { key: "{id}", root: Aggregate.root("R#{id}", { id: S, name: S }) })
const User = Aggregate.make("users", {
  key: "USER#{userId}",
  root: Aggregate.root("USER#{userId}", { userId: S, name: S }),
  parts: { emails: Aggregate.many("USER#{userId}/EMAIL#{n}", { address: S }) }
})
const Team = Aggregate.make("teams", {
  key: ["TEAM#{team}", "TEAM#{team}"],
  root: Aggregate.root({ name: S }),
  parts: { members: Aggregate.many("/{n}-{team}", { name: S }) }
})
const aggregates = [Order, User, Team, Basket, Thing]
const tableOf = (...aggregates: ReadonlyArray<Aggregate.Any>) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates })

/** What looks like a hash of ours. */
const hash = documentKey(Shape.of(Thing), { id: "x".repeat(600) }).id
const awkward = ["1", "|", "\\|", "ä\u{1f375}", reservedId, hash, hash.toUpperCase(), "y".repeat(600)]

describe("a row's document and the document's row are each other's", () => {
  const cases = Arbitrary.flatMap(
    Arbitrary.all({ which: index(aggregates.length), prefix: index(awkward.length) }),
    (at) =>
      Arbitrary.map(
        deliveries(aggregates[at.which]!, { keyPrefix: awkward[at.prefix]!, keyValues: ["1", "a", "a#b", hash] }),
        ({ inOrder }) => inOrder
      )
  )

  it.prop("for whatever rows a definition may have", [cases], ([events]) => {
    for (const { id, longKey, row, rowKey, shape } of events) {
      const [claim] = tableOf(shape.aggregate).claims(addressOf({ shape, id, longKey }).partition, rowKey)
      assert.strictEqual(claim?.row, row)
      assert.deepStrictEqual(documentKey(shape, claim!.values), { id, longKey })
    }
  })

  it("the key of an aggregate is found from its table's keys, with one value for each name", () => {
    const values = (table: Table.Table, partition: string, sort?: string) =>
      aggregatesFor(table, table.aggregates.map(Shape.of), partition, sort).map(({ values }) => values)
    assert.deepStrictEqual(values(tableOf(User), "USER#ann"), [{ userId: "ann" }])
    assert.deepStrictEqual(values(tableOf(Team), "TEAM#a", "TEAM#a"), [{ team: "a" }])
    assert.deepStrictEqual(values(tableOf(Team), "TEAM#a", "TEAM#b"), [])
  })
})

describe("no key has the id of another", () => {
  it("nor that of a generation's own document", () => {
    const keys = [...awkward, "", "sha256-", `${hash}0`, hash.slice(0, -1)].filter((id) => id !== "")
    const ids = [...keys, "x".repeat(600)].map((id) => documentKey(Shape.of(Thing), { id }).id)
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.notInclude(ids, reservedId)
    assert.strictEqual(documentKey(Shape.of(Thing), { id: hash.toUpperCase() }).id, hash.toUpperCase())
  })

  it.effect("a crafted key takes no other's document; each is read, explained and verified", () =>
    Effect.gen(function* () {
      const table = tableOf(Thing)
      const world = yield* makeWorld()
      const ids = ["x".repeat(600), hash, reservedId]
      const [key, sort] = [(id: string) => ({ S: id }), (id: string) => ({ S: `R#${id}` })]
      for (const id of ids) yield* world.table.put({ PK: key(id), SK: sort(id), name: { S: `of ${id}` } })
      yield* deliver(table, yield* world.take(10)).pipe(Effect.provide(world.layer))
      const { tableName } = world.table
      yield* Effect.gen(function* () {
        for (const id of ids) {
          assert.strictEqual(Option.getOrThrow(yield* Documents.get(Thing, { id })).name, `of ${id}`)
          const candidates = aggregatesFor(table, [Shape.of(Thing)], id, undefined).map(({ shape, values }) => ({
            shape,
            ...documentKey(shape, values)
          }))
          const explained = (yield* inspect(table, tableName, candidates)).map(explain)
          assert.deepStrictEqual(
            explained.map(({ document, findings, key }) => [document, findings, key]),
            [["live", [], id]]
          )
          assert.deepStrictEqual(
            explained[0]!.rows.map(({ key, kind }) => [key, kind]),
            [[`${id} / R#${id}`, undefined]]
          )
        }
        const before = yield* verify(table, { tableName, settle: 0 })
        assert.deepInclude(before, { rows: 3, documents: 3, drift: 0 })
        for (const id of ids) yield* world.table.remove({ PK: key(id), SK: sort(id) })
        yield* world.take(10)
        const { counts, repaired } = yield* verify(table, { tableName, settle: 0, isRepairing: true })
        assert.deepInclude(counts, { "ghost document": 3 })
        assert.strictEqual(repaired, 3)
        for (const id of ids) assert.isTrue(Option.isNone(yield* Documents.get(Thing, { id })))
      }).pipe(Effect.provide(world.layer))
    })
  )
})
