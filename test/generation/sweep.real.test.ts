/** A sweep in a tight loop on a real OpenSearch, beside a worker whose rows come and go: no row of it is lost. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References, Result } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import { reservedId } from "../../src/decode/rowKey.ts"
import { sweep } from "../../src/generation/sweep.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { Sink } from "../../src/sink/Sink.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import type { Attributes, Change } from "../../src/source/Change.ts"
import { describeReal } from "../servers/servers.ts"
import { ask, drop } from "../whole/opensearch.ts"
import * as shop from "../maintain/shop.ts"

describeReal("a sweep", ({ openSearchNode: node }) => {
  const aliasPrefix = `sweep${randomInt(2 ** 31)}-`
  const index = `${aliasPrefix}orders-000001`
  afterAll(() => drop(node, aliasPrefix))

  const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/shop/stream/2026-01-01T00:00:00.000"
  let told = 100
  const change = (row: Attributes, isPut: boolean): Change => ({
    keys: shop.keysOf(row),
    image: isPut ? row : undefined,
    origin: {
      _tag: "Stream",
      eventName: isPut ? "INSERT" : "REMOVE",
      streamArn,
      sequenceNumber: String(told++),
      createdAt: undefined,
      viewType: "NEW_IMAGE"
    }
  })
  const tell = (...changes: ReadonlyArray<Change>) => Pipeline.deliver(shop.table, changes.map(Result.succeed))
  const ids = async () => {
    await ask(node, "POST", `/${index}/_refresh`)
    const { text } = await ask(node, "POST", `/${index}/_search?size=1000`, { sort: ["_doc"] })
    return JSON.parse(text)
      .hits.hits.map(({ _id }: { readonly _id: string }) => _id)
      .filter((id: string) => id !== reservedId)
      .toSorted()
  }

  it("deletes what holds nothing but old tombstones, and loses no row that comes meanwhile", () =>
    Effect.gen(function* () {
      const sink = yield* Effect.provide(Sink, OpenSearchSink.layerTransport({ aliasPrefix }))
      const worker = <A, E>(effect: Effect.Effect<A, E, Sink>) => Effect.provideService(effect, Sink, sink)
      const counts = { deleted: 0, overtaken: 0, sweeps: 0 }
      // Records are told in their order and once, so no tombstone is needed, however young.
      const once = (tombstonesKeptFor: "0 millis" | "1 hour") =>
        Effect.map(sweep("orders", { aliasPrefix, tombstonesKeptFor }), ([swept]) => {
          counts.sweeps++
          counts.deleted += swept!.documents
          counts.overtaken += swept!.overtaken
        })

      yield* worker(tell(change(shop.item(1, 1, 1), true), change(shop.details(2, "Ada"), true)))
      yield* worker(tell(change(shop.item(1, 1, 1), false)))
      yield* once("1 hour")
      assert.deepStrictEqual(yield* Effect.promise(ids), ["1", "2"])
      while (counts.deleted === 0) yield* once("0 millis")
      assert.deepStrictEqual(yield* Effect.promise(ids), ["2"])

      const sweeping = yield* Effect.forkChild(Effect.forever(once("0 millis")))
      const orders = 150
      for (let n = 10; n < 10 + orders; n++) {
        yield* worker(tell(change(shop.item(n, 1, n), true)))
        yield* worker(tell(change(shop.item(n, 1, n), false)))
        yield* worker(tell(change(shop.item(n, 2, n), true)))
      }
      yield* Fiber.interrupt(sweeping)
      assert.isAbove(counts.deleted + counts.overtaken, 1)
      const left = yield* Effect.promise(ids)
      assert.deepStrictEqual(left, ["2", ...Array.from({ length: orders }, (_, i) => `${10 + i}`)].toSorted())
    }).pipe(
      Effect.provide(client.layer({ nodes: [new URL(node)], auth: { _tag: "none" } })),
      Effect.provide(Layer.succeed(References.MinimumLogLevel, "Error")),
      Effect.runPromise
    ))
})
