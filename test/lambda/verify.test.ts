/** The function on a schedule, over a real OpenSearch with several shards: what it answers, logs and keeps. */
import { assert, it } from "@effect/vitest"
import { Clock, Console, Effect, Layer, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, vi } from "vitest"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as IsoTime from "../../src/IsoTime.ts"
import * as Table from "../../src/define/Table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import * as OpenSearchIndex from "../../src/maintain/openSearchIndex.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import { accept } from "../metrics/emfSchema.ts"
import { describeReal } from "../servers/servers.ts"
import { ask, drop } from "../whole/opensearch.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { quantity: Schema.Int }),
  index: { shards: 3 }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })
const orders = 2500

describeReal("Lambda.verify", ({ openSearchNode: node }) => {
  const aliasPrefix = `prove${randomInt(2 ** 31)}-`
  afterAll(() => drop(node, aliasPrefix))
  const lines: Array<string> = []
  const logged = Object.assign(Object.create(console), { log: (line: string) => void lines.push(line) })
  const layer = Layer.merge(
    OpenSearchIndex.layer({ nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix }),
    Layer.succeed(Console.Console, logged)
  )

  const send = async (method: string, path: string, body?: object) => {
    const { status, text } = await ask(node, method, `/${aliasPrefix}orders-000001${path}`, body)
    assert.isBelow(status, 300, text)
    return JSON.parse(text)
  }

  it.live(
    "proves all documents of all shards, and names one that was edited by hand",
    () =>
      Effect.gen(function* () {
        const memory = yield* MemoryTable.make({ tableName: "shop" })
        for (let n = 0; n < orders; n++) {
          const key = { PK: { S: `ORDER#${n}` }, SK: { S: "DETAILS" } }
          yield* memory.put({ ...key, quantity: { N: String(n) } })
        }
        const source = Layer.merge(MemoryTable.layerScanApi(memory), layerTableReader(memory))
        const tableName = memory.tableName
        yield* backfill(table, { tableName }).pipe(Effect.provide([layer, source, layerMemory]))

        const run = (unitsMax?: number, event = {}) => {
          const handler = Lambda.verify(table, { layer, source, tableName, settle: 0, ...(unitsMax && { unitsMax }) })
          const context = { getRemainingTimeInMillis: () => 60_000, awsRequestId: "1" }
          return Effect.promise(() => handler(event, context))
        }
        const first = (yield* run(orders)).aggregates[0]!
        assert.isFalse(first.isWhole)
        let second = first
        for (let runs = 0; runs < 5 && !second.isWhole; runs++) second = (yield* run(orders)).aggregates[0]!
        assert.include(second, { isWhole: true, documents: orders, wrong: 0, differing: 0, refused: 0 })

        const since = IsoTime.format(yield* Clock.currentTimeMillis)
        const part = yield* run(orders, { since })
        assert.isFalse(part.isFinished, "a round that was asked for goes on from run to run")
        let round = part
        for (let runs = 0; runs < 5 && !round.isFinished; runs++) round = yield* run(orders, { since })
        assert.isTrue(round.isFinished)
        assert.isAtLeast(Date.parse(round.aggregates[0]!.provenAt), Date.parse(since))
        assert.isTrue((yield* run()).isFinished, "none was asked for")

        yield* Effect.promise(() => send("POST", "/_update/7?refresh=true", { doc: { quantity: 1 } }))
        yield* Effect.promise(() => send("PUT", "/_doc/by-hand?refresh=true", { quantity: 1 }))
        // What differs is told though the proof of the rest is new; the round goes on with the next day.
        const { proof } = (yield* Effect.promise(() => send("GET", "/_doc/%00tablefold")))._source._sync.state
        assert.strictEqual(proof.index.parts.at(-1).upTo, Number.MAX_SAFE_INTEGER)
        const due = { ...proof, table: { ...proof.table, begunAt: 0 }, index: { ...proof.index, begunAt: 0 } }
        const state = { _sync: { state: { proof: due } } }
        yield* Effect.promise(() => send("POST", "/_update/%00tablefold", { doc: state }))
        const third = (yield* run()).aggregates[0]!
        assert.include(third, { wrong: 0, differing: 2 })
        assert.isAbove(Date.parse(third.provenAt), Date.parse(second.provenAt))

        const last = lines.at(-1)!
        accept(last)
        const line = JSON.parse(last)
        assert.include(line, { message: "proof", differing: 2, wrong: 0, table: "shop", rowsCompared: orders })
        assert.isBelow(line.proofAgeSeconds, 120)
        assert.isAbove(line.requests, 5)
      }),
    120_000
  )

  it("says which setting is missing", async () => {
    vi.stubEnv("DYNAMODB_TABLE", "")
    const failure = await Lambda.verify(table, { layer })({}).catch((error: Error) => error)
    assert.include((failure as Error).message, "DYNAMODB_TABLE is not set")
    vi.unstubAllEnvs()
  })
})
