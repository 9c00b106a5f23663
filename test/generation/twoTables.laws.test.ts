/**
 * Two tables behind one alias, a restored one beside the one it takes the place of: each is written to generations of
 * its own, whoever delivers what, and readers are led from one to the other and back.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as following from "../../src/pipeline/following.ts"
import * as promote from "../../src/generation/promote.ts"
import { rebuild } from "../../src/generation/rebuild.ts"
import { reservedId } from "../../src/decode/rowKey.ts"
import { tableOf } from "../../src/sink/opensearch/generationOf.ts"
import * as indices from "../../src/sink/opensearch/indices.ts"
import type { ReadRecord } from "../../src/source/record/streamRecord.ts"
import { withTimePassing } from "../simulate/withTimePassing.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { details, expected, item, keysOf, Order, table } from "../maintain/shop.ts"
import { makeWorld, visible, type World } from "../maintain/world.ts"
import { often } from "../often.ts"

const Step = Schema.Struct({
  what: Schema.Literals(["change", "change", "deliver", "deliver", "rebuild", "rollback", "wait"]),
  whose: Schema.Literals(["old", "new"]),
  order: Schema.Literals([1, 2]),
  row: Schema.Literals(["details", "item", "removed item"]),
  by: Schema.Literals(["its own function", "one function for both"])
})

interface Side {
  readonly world: World
  /** Read from the stream and not acknowledged yet. */
  readonly pending: Array<ReadRecord>
  changes: number
}

const setUp = Effect.gen(function* () {
  const server = new SimulatedOpenSearch()
  const side = (tableName: string) =>
    Effect.map(makeWorld({ server, table: { tableName } }), (world): Side => ({ world, pending: [], changes: 0 }))
  const sides = { old: yield* side("shop"), new: yield* side("shop-restored") }
  const sinks = {
    old: yield* Layer.build(sides.old.world.layer),
    new: yield* Layer.build(sides.new.world.layer),
    both: yield* Layer.build(sides.old.world.layer)
  }
  const list = Effect.provide(indices.list("orders"), sinks.old)
  return { server, sides, sinks, list }
})
type Parts = Effect.Success<typeof setUp>
type Whose = keyof Parts["sides"]

const change = ({ changes, world }: Side, whose: Whose, { order, row }: typeof Step.Type) => {
  if (row === "details") return world.table.put(details(order, `${whose} ${changes}`))
  if (row === "item") return world.table.put(item(order, changes % 3, changes))
  return world.table.remove(keysOf(item(order, changes % 3, 0)))
}

/** The documents of all generations but those of one table. */
const documentsBut = ({ list, server }: Parts, tableArn: string) =>
  Effect.map(list, (all) =>
    all
      .filter((one) => tableOf(one) !== tableArn)
      .flatMap(({ index }) => [...server.indices.get(index)!.documents].filter(([id]) => id !== reservedId))
  )

const deliver = Effect.fnUntraced(function* (parts: Parts, whose: Whose, by: (typeof Step.Type)["by"]) {
  const { pending, world } = parts.sides[whose]
  pending.push(...(yield* world.take(1000)))
  if (pending.length === 0) return
  const sink = by === "its own function" ? parts.sinks[whose] : parts.sinks.both
  const { tableArn } = world.table
  const others = yield* documentsBut(parts, tableArn)
  const exit = yield* Effect.exit(withTimePassing(Effect.provide(following.deliver(table, pending), sink)))
  const has = (yield* parts.list).some((one) => tableOf(one) === tableArn)
  assert.strictEqual(Exit.isSuccess(exit), has)
  if (Exit.isSuccess(exit)) {
    assert.deepStrictEqual(exit.value.unacknowledged, [])
    pending.length = 0
  }
  if (has) assert.deepStrictEqual(yield* documentsBut(parts, tableArn), others)
})

const run = (parts: Parts, whose: Whose, isNewSource: boolean) => {
  const { table: own } = parts.sides[whose].world
  const options = { tableName: own.tableName, aliasPrefix: "", isNewSource, noticedAfter: 0, settle: 0 }
  return Effect.gen(function* () {
    const ready = yield* rebuild(table, { ...options, onStep: () => Effect.void })
    for (const aggregate of ready) yield* promote.promote(aggregate, "", own.tableArn)
  }).pipe(Effect.provide(parts.sinks[whose]), withTimePassing)
}

const sourceSeen = ({ list }: Parts) => Effect.map(list, (all) => all.filter(({ isLive }) => isLive).map(tableOf))

const take = Effect.fnUntraced(function* (parts: Parts, step: typeof Step.Type) {
  const { by, what, whose } = step
  const side = parts.sides[whose]
  side.changes++
  if (what === "change") yield* change(side, whose, step)
  if (what === "deliver") yield* deliver(parts, whose, by)
  if (what === "rebuild") {
    const [before] = yield* sourceSeen(parts)
    if (before !== side.world.table.tableArn) {
      const refused = yield* Effect.flip(run(parts, whose, false))
      assert.include(refused.message, "add --new-source")
      assert.deepStrictEqual(yield* sourceSeen(parts), [before])
    }
    yield* run(parts, whose, true)
    assert.deepStrictEqual(yield* sourceSeen(parts), [side.world.table.tableArn])
  }
  // Longer than a check holds, and a report.
  if (what === "wait") yield* TestClock.adjust("2 minutes")
  if (what === "rollback") yield* Effect.result(Effect.provide(promote.rollback(Order, ""), parts.sinks.old))
})

const first = { what: "change", whose: "old", order: 1, row: "details", by: "its own function" } as const

describe("two tables behind one alias", () => {
  it.effect.prop(
    "are written to generations of their own, and readers see one of them whole",
    [Schema.Array(Step).check(Schema.isMinLength(30), Schema.isMaxLength(40))],
    ([steps]) =>
      Effect.gen(function* () {
        const parts = yield* setUp
        yield* take(parts, first)
        for (const step of [{ ...first, what: "deliver" } as const, ...steps]) yield* take(parts, step)
        const all = yield* parts.list
        assert.isAtMost(all.length, 2)
        for (const one of all) {
          const { index, isLive } = one
          const whose = tableOf(one) === parts.sides.old.world.table.tableArn ? "old" : "new"
          yield* deliver(parts, whose, "its own function")
          const documents = yield* expected(parts.sides[whose].world.table)
          assert.deepStrictEqual(visible(parts.server, index), documents)
          if (!isLive) continue
          parts.server.handle({ method: "POST", path: "/_all/_refresh" })
          assert.sameMembers([...parts.server.search("orders").keys()], Object.keys(documents))
        }
      }).pipe(Effect.scoped),
    { arbitrary: { runs: often(40) } }
  )
})
