/** How many documents are read and written together: many small ones, few large ones, as far as sizes are known. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema, Stream } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as Generations from "../../../src/sink/opensearch/Generations.ts"
import { DocumentCache } from "../../../src/sink/opensearch/DocumentCache.ts"
import { RefreshLimiter } from "../../../src/sink/opensearch/RefreshLimiter.ts"
import * as retry from "../../../src/sink/opensearch/retry.ts"
import { UnfinishedAttempts } from "../../../src/sink/opensearch/UnfinishedAttempts.ts"
import * as Writer from "../../../src/sink/opensearch/Writer.ts"
import { put } from "../../../src/testing/events.ts"
import { isState, isWrite } from "../../simulate/requests.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { transport } from "../../simulate/transport.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { note: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int }) }
})

const writer = () => {
  const write = Writer.make({
    generations: Generations.make({ aliasPrefix: "", checkEvery: Duration.seconds(60) }),
    known: new DocumentCache(2 ** 20),
    refreshes: new RefreshLimiter(),
    unfinished: new UnfinishedAttempts(),
    retry: retry.policy,
    tombstonesKeptFor: Duration.days(31),
    requestBytesMax: 5 * 2 ** 20,
    requestsMax: 2,
    workBytesMax: 800_000
  })
  return (patches: ReadonlyArray<Patch.Patch>) =>
    Stream.runCollect(write(Stream.rechunk(Stream.fromArray(patches), 16), []))
}

describe("documents that a fresh process has to read", () => {
  it.effect.each([
    ["large", 20_000, 5, 10],
    ["small", 10, 6, 208]
  ] as const)("when they are %s", ([, length, first, then]) => {
    const server = new SimulatedOpenSearch()
    const reads: Array<number> = []
    const counting = transport(server, (request, next) => {
      const { body, path } = request
      if (path.includes("_mget") && !isState(request)) reads.push(JSON.parse(body!).ids.length)
      return next
    })
    return Effect.gen(function* () {
      const ids = Array.from({ length: 520 }, (_, i) => ({ orderId: String(i) }))
      const roots = ids.map((key) => put(Order).root(key, { note: "x".repeat(length) }))
      yield* writer()(Patch.fromEvents(roots))
      reads.length = 0
      const items = ids.map((key) => put(Order).items({ ...key, n: "1" }, { quantity: 1 }))
      const settled = yield* writer()(Patch.fromEvents(items))
      assert.isTrue(settled.every(({ outcome }) => outcome._tag === "Written"))
      assert.strictEqual(
        reads.reduce((sum, count) => sum + count, 0),
        ids.length
      )
      assert.isAtMost(reads[0]!, 7)
      assert.isAtLeast(reads[0]!, first)
      assert.isAtMost(Math.max(...reads), then)
      assert.isAtLeast(Math.max(...reads), then * 0.9)
    }).pipe(Effect.provide(counting))
  })
})

describe("documents that are known", () => {
  it.effect.each([
    [40, [36, 4]],
    [180, [36, 72, 72]],
    [1000, [36, 72, 144, 250, 250, 248]]
  ] as const)("%i of them, in the order in which they are sent", ([count, sizes]) => {
    const writes: Array<number> = []
    const counting = transport(new SimulatedOpenSearch(), (request, next) => {
      if (isWrite(request)) writes.push(request.body!.split("\n").length >> 1)
      return next
    })
    return Effect.gen(function* () {
      const write = writer()
      for (const quantity of [1, 2]) {
        writes.length = 0
        const items = Array.from({ length: count }, (_, i) =>
          put(Order).items({ orderId: String(i), n: "1" }, { quantity })
        )
        yield* write(Patch.fromEvents(items))
      }
      assert.deepStrictEqual(writes, [...sizes])
    }).pipe(Effect.provide(counting))
  })
})
