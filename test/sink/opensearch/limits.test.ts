/**
 * What a real OpenSearch has limits for: nested objects of a document, bytes of a term, bytes of a request. What is
 * over a limit is a dead letter, with a sentence that says what to do; everything beside it is written, also later.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Result, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import * as Shape from "../../../src/define/Shape.ts"
import * as Table from "../../../src/define/Table.ts"
import { redrive } from "../../../src/maintain/redrive.ts"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as Documents from "../../../src/sink/Documents.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import type { Attributes, Change } from "../../../src/source/Change.ts"
import { StreamApi } from "../../../src/source/stream/StreamApi.ts"
import { TableReader } from "../../../src/source/scan/TableReader.ts"
import { keys, streamed } from "../../decode/changes.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"

const item = {
  quantity: Schema.Int,
  code: Schema.optionalKey(Schema.String.annotate(Mapping.field({ type: "keyword" }))),
  blob: Schema.optionalKey(Schema.Json)
}
const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", item) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })

let sequence = 0

describeReal("limits of OpenSearch", ({ openSearchNode }) => {
  const run = `limits${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, run))

  /**
   * A table of its own with its dead letters and its index; what is put or removed comes as changes in the table's
   * order.
   */
  const world = (name: string, options: OpenSearchSink.Options = {}) => {
    const rows = new Map<string, Attributes>()
    const deadLetters = new Map<string, DeadLetters.DeadLetter>()
    const own = keyed()
    const put = (id: string, sort: string, image: Attributes): Change => {
      rows.set(own(keys(`ORDER#${id}`, sort)), { ...keys(`ORDER#${id}`, sort), ...image })
      return streamed("MODIFY", keys(`ORDER#${id}`, sort), image, String(++sequence))
    }
    const remove = (id: string, sort: string): Change => {
      rows.delete(own(keys(`ORDER#${id}`, sort)))
      return streamed("REMOVE", keys(`ORDER#${id}`, sort), undefined, String(++sequence))
    }
    const layer = Layer.mergeAll(
      OpenSearchSink.layer({
        nodes: [new URL(openSearchNode)],
        auth: { _tag: "none" },
        aliasPrefix: `${run}${name}-`,
        ...options
      }),
      DeadLetters.layerMemory(deadLetters),
      Layer.succeed(TableReader, {
        keyNames: () => Effect.succeed(table),
        rows: (_, keys) => Effect.succeed(keys.map((key) => rows.get(own(key)))),
        has: (_, keys) => Effect.succeed(keys.map((key) => rows.has(own(key))))
      }),
      Layer.succeed(StreamApi, {} as typeof StreamApi.Service),
      Logger.layer([])
    )
    const deliver = Effect.fnUntraced(function* (...changes: ReadonlyArray<Change>) {
      const before = new Set(deadLetters.keys())
      const { summary, unacknowledged } = yield* Pipeline.deliver(table, changes.map(Result.succeed))
      assert.deepStrictEqual(unacknowledged, [])
      return { ...summary, deadLetters: [...deadLetters.values()].filter(({ id }) => !before.has(id)) }
    })
    const redriven = Effect.suspend(() =>
      redrive(
        table,
        [...deadLetters.values()].map((deadLetter) => ({ _tag: "DeadLetter", deadLetter }) as const)
      )
    )
    return { deliver, layer, put, redriven, remove }
  }
  const details = { name: { S: "Ada" } }
  const quantity = (n: number, more: Attributes = {}): Attributes => ({ quantity: { N: String(n) }, ...more })
  const order = (orderId: string) => Effect.map(Documents.get(Order, { orderId }), Option.getOrThrow)
  const items = (orderId: string) => Effect.map(order(orderId), ({ items }) => items)
  const rowsOf = ([deadLetter]: ReadonlyArray<DeadLetters.DeadLetter>) => deadLetter?.rows.map(({ key }) => key)

  it.effect(
    "of more nested objects than one document may have each is a dead letter, and fits once there is room",
    () => {
      const { deliver, layer, put, redriven, remove } = world("nested")
      return Effect.gen(function* () {
        const full = Array.from({ length: 10_000 }, (_, i) => put("1", `ITEM#${i}`, quantity(0)))
        assert.deepInclude(yield* deliver(put("1", "DETAILS", details), ...full), { written: 1, refused: 0 })

        const over = yield* deliver(
          put("2", "DETAILS", details),
          put("1", "ITEM#10000", quantity(1)),
          put("1", "ITEM#10001", quantity(2)),
          put("1", "ITEM#5", quantity(5)),
          put("1", "DETAILS", { name: { S: "Bo" } }),
          put("2", "ITEM#1", quantity(1))
        )
        assert.deepInclude(over, { written: 1, refused: 1, rowsWritten: 4, rowsRefused: 2, deadLettered: 2 })
        assert.deepStrictEqual(over.deadLetters.map((deadLetter) => rowsOf([deadLetter])).toSorted(), [
          ["ORDER#1 / ITEM#10000"],
          ["ORDER#1 / ITEM#10001"]
        ])
        assert.match(
          over.deadLetters[0]!.reason,
          /^the rows make more nested objects .* then redrive; the server says: mapper_parsing/
        )
        assert.lengthOf(yield* items("2"), 1)
        assert.deepStrictEqual(
          (yield* items("1")).filter(({ quantity }) => quantity > 0),
          [{ quantity: 5 }]
        )
        assert.strictEqual((yield* order("1")).name, "Bo")

        assert.deepInclude(yield* deliver(put("1", "ITEM#6", quantity(6))), { written: 1, refused: 0 })
        assert.lengthOf(yield* items("1"), 10_000)
        assert.isTrue((yield* redriven).every(({ isSettled }) => !isSettled))

        // Removals make room for additions of the same batch; what is then too many is one row of three.
        const swapped = yield* deliver(
          ...["a", "b", "c"].map((n) => put("1", `ITEM#x${n}`, quantity(7))),
          remove("1", "ITEM#7"),
          remove("1", "ITEM#8")
        )
        assert.deepStrictEqual(rowsOf(swapped.deadLetters), ["ORDER#1 / ITEM#xc"])
        assert.lengthOf(yield* items("1"), 10_000)

        const less = yield* deliver(remove("1", "ITEM#0"), remove("1", "ITEM#1"), remove("1", "ITEM#2"))
        assert.deepInclude(less, { written: 1, refused: 0 })
        assert.isTrue((yield* redriven).every(({ isSettled }) => isSettled))
        const sum = (yield* items("1")).reduce((sum, { quantity }) => sum + quantity, 0)
        assert.deepStrictEqual([(yield* items("1")).length, sum], [10_000, 1 + 2 + 5 + 6 + 7 + 7 + 7])
        const [document] = yield* (yield* Sink).read(Shape.of(Order), ["1"])
        assert.deepStrictEqual(document!.refused, [])
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("rows as large as DynamoDB takes them are written, more than a request's bytes of them", () => {
    const { deliver, layer, put } = world("large", { requestBytesMax: 2 ** 20 })
    return Effect.gen(function* () {
      const blob = { S: "a\u00e4\u{1f375}".repeat(57_000) }
      const large = ["1", "2"].flatMap((id) => [1, 2].map((n) => put(id, `ITEM#${n}`, quantity(n, { blob }))))
      const { refused, written } = yield* deliver(put("1", "DETAILS", details), put("2", "DETAILS", details), ...large)
      assert.deepStrictEqual([written, refused], [2, 0])
      for (const id of ["1", "2"]) assert.isTrue((yield* items(id)).every((item) => item.blob === blob.S))
    }).pipe(Effect.provide(layer))
  })

  it.effect("a term too long for a keyword field of the user's own is a dead letter of its row (case 49)", () => {
    const { deliver, layer, put } = world("term")
    return Effect.gen(function* () {
      const { deadLetters, ...summary } = yield* deliver(
        put("1", "DETAILS", details),
        put("1", "ITEM#1", quantity(1, { code: { S: "x".repeat(32_766) } })),
        put("1", "ITEM#2", quantity(2, { code: { S: "\u00e4".repeat(20_000) } })),
        put("2", "DETAILS", details)
      )
      assert.deepInclude(summary, { written: 1, refused: 1, deadLettered: 1 })
      assert.deepStrictEqual(rowsOf(deadLetters), ["ORDER#1 / ITEM#2"])
      assert.match(deadLetters[0]!.reason, /field="items.code".*max length 32766/)
      assert.deepStrictEqual(
        (yield* items("1")).map(({ quantity }) => quantity),
        [1]
      )
      assert.lengthOf(yield* items("2"), 0)
    }).pipe(Effect.provide(layer))
  })
})

/** The text of a row's key. */
const keyed = () => (key: Attributes) => JSON.stringify([key["PK"], key["SK"]])
