/**
 * Rows whose newest state was refused: their documents say so to those who look, verification calls it no drift, a
 * repair leaves it as long as it is refused, and what is accepted later takes the mark away.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Shape from "../../src/define/Shape.ts"
import { explain } from "../../src/maintain/explain.ts"
import { inspect } from "../../src/maintain/inspect.ts"
import { redrive } from "../../src/maintain/redrive.ts"
import { sweep } from "../../src/generation/sweep.ts"
import * as SyncRows from "../../src/generation/syncRows.ts"
import { verify } from "../../src/maintain/verify.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { StreamApi } from "../../src/source/stream/StreamApi.ts"
import { isBulk, pairsOf } from "../simulate/requests.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import type { Interceptor } from "../simulate/transport.ts"
import * as shop from "./shop.ts"
import { makeWorld, stored, visible } from "./world.ts"

const { details, index, item, keysOf, Order, spoil, table } = shop
const all = Number.POSITIVE_INFINITY
const wrong = (n: number, i: number) => ({ ...item(n, i, 0), quantity: { S: "many" } })

/** Refuses documents with a quantity of thirteen, as a server that has a rule of its own. */
const noThirteen = (server: SimulatedOpenSearch): Interceptor => {
  const isBad = (text: string) => /"quantity":13\b/.test(text)
  return (request, next) => {
    if (!isBulk(request) || !pairsOf(request).some(([, text]) => isBad(text))) return next
    const error = { type: "mapper_parsing_exception", reason: "no thirteen" }
    const items = pairsOf(request).map(([action, text]) =>
      isBad(text)
        ? { index: { status: 400, error } }
        : JSON.parse(server.handle({ ...request, body: `${action}\n${text}\n` }).text).items[0]
    )
    return Effect.succeed({ status: 200, text: JSON.stringify({ errors: true, items }) })
  }
}

const makeShop = Effect.fnUntraced(function* () {
  const server = new SimulatedOpenSearch()
  const world = yield* makeWorld({ server, intercept: noThirteen(server) })
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  const told = Effect.gen(function* () {
    return yield* Pipeline.deliver(table, yield* world.take(all))
  }).pipe(Effect.provide([world.layer, DeadLetters.layerMemory(deadLetters)]))
  const check = (isRepairing: boolean) =>
    Effect.provide(verify(table, { tableName: world.table.tableName, settle: 0, isRepairing }), world.layer)
  const explained = Effect.gen(function* () {
    const candidate = { shape: Shape.of(Order), id: "1", longKey: undefined }
    const [inspected] = yield* inspect(table, world.table.tableName, [candidate])
    return explain(inspected!)
  }).pipe(Effect.provide(world.layer))
  const redriven = Effect.suspend(() =>
    redrive(
      table,
      [...deadLetters.values()].map((deadLetter) => ({ _tag: "DeadLetter", deadLetter }) as const)
    )
  ).pipe(Effect.provide(world.layer), Effect.provideService(StreamApi, world.table.streamApi))
  const text = () => server.indices.get(index)!.documents.get("1")?.text
  const sync = () => stored(server, index).get("1")._sync
  return { ...world, deadLetters, told, check, explained, redriven, text, sync }
})

const kinds = [
  ["the definition", wrong(1, 1), 0],
  ["OpenSearch", item(1, 1, 13), 1]
] as const

describe.each(kinds)("a row whose newest state %s refuses", (_, bad, unwritten) => {
  it.effect("shows its last accepted state, is explained, is no drift, and a repair leaves it", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      for (const row of [details(1, "Ada"), item(1, 1, 5), item(1, 2, 1)]) yield* shop.table.put(row)
      yield* shop.told
      yield* shop.table.put(bad)
      assert.deepStrictEqual((yield* shop.told).unacknowledged, [])
      assert.deepStrictEqual(visible(shop.server, index)["1"], {
        orderId: "1",
        customer: "Ada",
        items: [{ quantity: 5 }, { quantity: 1 }],
        pieces: 6
      })
      assert.deepStrictEqual(shop.sync().refused.rows, ["ITEM#1"])

      const { document, rows } = yield* shop.explained
      assert.strictEqual(document, "live")
      const row = rows.find(({ key }) => key.endsWith("ITEM#1"))!
      assert.match(row.refused!, /of the stream of .*, here 2026-/)
      assert.deepInclude(row, { kind: "refused", index: `{"quantity":5}` })
      assert.strictEqual(row.repair === undefined, unwritten === 0, "what the definition refuses can't be tried")

      const shown = visible(shop.server, index)
      for (const isRepairing of [false, true]) {
        const report = yield* shop.check(isRepairing)
        assert.deepInclude(report, { drift: 0, repaired: 0, restless: 0, unwritten })
        assert.strictEqual(report.counts.refused, 1)
        assert.deepStrictEqual(visible(shop.server, index), shown)
        assert.deepStrictEqual(shop.sync().refused.rows, ["ITEM#1"])
      }
    })
  )

  it.effect("is delivered again without a write, and its mark goes with what is accepted later", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      for (const row of [details(1, "Ada"), bad]) yield* shop.table.put(row)
      const records = yield* shop.take(all)
      const again = Effect.provide(Pipeline.deliver(table, records), shop.layer)
      yield* again
      const text = shop.text()
      assert.strictEqual((yield* again).unacknowledged.length, 1)
      assert.strictEqual(shop.text(), text)

      yield* shop.table.put(item(1, 1, 7))
      yield* shop.told
      assert.isUndefined(shop.sync().refused)
      yield* shop.table.put(bad)
      yield* shop.told
      yield* shop.table.remove(keysOf(bad))
      yield* shop.told
      assert.isUndefined(shop.sync().refused)
      yield* again
      assert.isUndefined(shop.sync().refused, "what comes late brings no mark back")
    })
  )

  it.effect("is redriven: refused again it keeps its mark, mended it loses it", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      for (const row of [details(1, "Ada"), item(1, 2, 3), bad]) yield* shop.table.put(row)
      yield* shop.told
      yield* TestClock.adjust("1 minute")
      assert.isFalse((yield* shop.redriven)[0]!.isSettled)
      assert.deepStrictEqual(shop.sync().refused.rows, ["ITEM#1"])
      yield* shop.table.put(item(1, 1, 4))
      assert.isTrue((yield* shop.redriven)[0]!.isSettled)
      assert.isUndefined(shop.sync().refused)
      assert.deepStrictEqual(visible(shop.server, index)["1"], {
        orderId: "1",
        customer: "Ada",
        items: [{ quantity: 4 }, { quantity: 3 }],
        pieces: 7
      })
    })
  )

  it.effect("may be all there is of its document, which is no ghost, and is swept when the mark is old", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      yield* shop.table.put(details(2, "Lin"))
      yield* shop.told
      yield* TestClock.adjust("20 days")
      yield* shop.table.put(bad)
      yield* shop.told
      assert.deepStrictEqual(Object.keys(stored(shop.server, index).get("1")), ["_sync"])
      assert.isFalse(shop.sync().live)
      assert.strictEqual((yield* shop.explained).document, "nothing but refused rows")
      assert.deepInclude(SyncRows.read(stored(shop.server, index).get("1")), { present: 0, removed: 0, refused: 1 })
      for (const isRepairing of [false, true]) assert.strictEqual((yield* shop.check(isRepairing)).drift, 0)

      const swept = Effect.provide(sweep("orders", { aliasPrefix: "" }), shop.layer)
      shop.server.handle({ method: "POST", path: "/_all/_refresh" })
      yield* TestClock.adjust("20 days")
      assert.strictEqual((yield* swept)[0]!.documents, 0)
      yield* TestClock.adjust("20 days")
      assert.strictEqual((yield* swept)[0]!.documents, 1)
      assert.deepStrictEqual([...stored(shop.server, index).keys()], ["2"])
    })
  )
})

describe("a row that a repair read and OpenSearch refused", () => {
  it.effect("is tried again by the next repair: mended unseen by a stream, it is taken and its mark goes", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      yield* shop.table.put(details(1, "Ada"))
      yield* shop.told
      yield* shop.table.put(item(1, 1, 13))
      yield* shop.take(all)
      assert.deepInclude((yield* shop.check(false)).counts, { "missing row": 1, refused: 0 })
      yield* TestClock.adjust("1 minute")
      for (const _ of ["once", "again"]) {
        const report = yield* shop.check(true)
        assert.deepInclude(report, { drift: 0, unwritten: 1, repaired: 0 })
        assert.include(report.named[0]!.reason, "mapper_parsing_exception")
        assert.deepStrictEqual(shop.sync().refused.rows, ["ITEM#1"])
        yield* TestClock.adjust("1 minute")
      }
      yield* shop.table.put(item(1, 1, 4))
      yield* shop.take(all)
      assert.deepInclude(yield* shop.check(true), { drift: 1, repaired: 1, unwritten: 0 })
      assert.isUndefined(shop.sync().refused)
      assert.strictEqual(stored(shop.server, index).get("1").pieces, 4)
    })
  )
})

describe.each(kinds)("a row whose newest state %s refused, mended unseen by a stream", (_, bad) => {
  it.effect("is refused to who only looks; a repair takes it and its mark away, without a dead letter", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      for (const row of [details(1, "Ada"), item(1, 1, 5)]) yield* shop.table.put(row)
      yield* shop.told
      yield* shop.table.put(bad)
      const late = yield* shop.take(all)
      const tell = Pipeline.deliver(table, late).pipe(
        Effect.provide([shop.layer, DeadLetters.layerMemory(shop.deadLetters)])
      )
      yield* tell
      yield* shop.table.put(item(1, 1, 4))
      yield* shop.take(all)
      assert.deepInclude(yield* shop.check(false), { drift: 0, unwritten: 1 })
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* shop.check(true), { drift: 1, repaired: 1, unwritten: 0 })
      assert.isUndefined(shop.sync().refused)
      assert.strictEqual(stored(shop.server, index).get("1").pieces, 4)
      yield* tell
      assert.deepInclude(yield* shop.check(false), { drift: 0, unwritten: 0 })
      assert.isUndefined(shop.sync().refused, "the refused state comes late")
      yield* shop.table.put(item(1, 1, 6))
      yield* shop.told
      assert.strictEqual(stored(shop.server, index).get("1").pieces, 6)
    })
  )
})

describe.each(kinds)("a row whose newest state %s refused, gone from the table unseen by a stream", (_, bad) => {
  it.effect.each([2, 1])("is a ghost beside %s rows in all, and a repair takes it and its mark away", (rows) =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      for (const row of [...(rows === 2 ? [details(1, "Ada")] : []), item(1, 1, 5)]) yield* shop.table.put(row)
      yield* shop.told
      yield* shop.table.put(bad)
      yield* shop.told
      assert.deepStrictEqual(shop.sync().refused.rows, ["ITEM#1"])
      yield* shop.table.remove(keysOf(bad))
      yield* shop.take(all)
      const kind = rows === 2 ? "ghost row" : "ghost document"
      assert.deepInclude((yield* shop.check(false)).counts, { [kind]: 1, refused: 0 })
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* shop.check(true), { drift: 1, repaired: 1 })
      assert.isUndefined(shop.sync().refused)
      assert.deepInclude(yield* shop.check(false), { drift: 0 })
      assert.deepStrictEqual(Object.keys(visible(shop.server, index)), rows === 2 ? ["1"] : [])
    })
  )
})

describe("a repair of a stale field", () => {
  it.effect("beside a root that is refused takes no row away, and leaves the mark", () =>
    Effect.gen(function* () {
      const shop = yield* makeShop()
      for (const row of [details(1, "Ada"), item(1, 1, 5)]) yield* shop.table.put(row)
      yield* shop.told
      yield* shop.table.put({ ...details(1, ""), customer: { N: "1" } })
      yield* shop.told
      const good = shop.text()!
      spoil(shop.server, "1", (source) => ({ ...source, pieces: 99 }))
      const report = yield* shop.check(true)
      assert.deepInclude(report, { drift: 1, repaired: 1 })
      assert.deepStrictEqual({ ...JSON.parse(shop.text()!), _sync: 0 }, { ...JSON.parse(good), _sync: 0 })
      assert.deepStrictEqual(shop.sync().refused.rows, ["DETAILS"])
    })
  )
})
