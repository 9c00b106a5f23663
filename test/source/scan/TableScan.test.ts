/**
 * A scan on a table in memory with tiny pages: whatever the pages, segments and stops, every row is delivered, the rows
 * of one partition together, each under a time from before its page was asked for.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, References, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Change } from "../../../src/source/Change.ts"
import { ScanApi, type ScanApiError } from "../../../src/source/scan/ScanApi.ts"
import { layerMemory, type ScanProgress } from "../../../src/source/scan/ScanProgress.ts"
import { StreamApiError, Throttled } from "../../../src/source/stream/StreamApi.ts"
import { rowBytes } from "../../../src/source/rowBytes.ts"
import * as Scan from "../../../src/source/scan/Scan.ts"
import * as TableScan from "../../../src/source/scan/TableScan.ts"
import * as MemoryTable from "../../../src/testing/MemoryTable.ts"

const keyOf = ({ keys }: Change) => `${JSON.stringify(keys["PK"])} ${JSON.stringify(keys["SK"])}`

/** A table of so many partitions, the i-th with so many rows. */
const filled = Effect.fnUntraced(function* (sizes: ReadonlyArray<number>, options: MemoryTable.Options = {}) {
  const table = yield* MemoryTable.make(options)
  for (const [i, size] of sizes.entries()) {
    for (let n = 0; n < size; n++) yield* table.put({ PK: { S: `P${i}` }, SK: { S: `R${n}` }, n: { N: String(n) } })
  }
  return table
})

/** Of any of these rows. */
const bytesOfRow = rowBytes({ PK: { S: "P0" }, SK: { S: "R0" }, n: { N: "0" } })

/** A batch with its changes themselves. */
type Read = Omit<Scan.Batch, "changes"> & { readonly changes: ReadonlyArray<Change> }

type Deliver = (batch: Read) => Effect.Effect<void, string>

const readOf = (batch: Scan.Batch): Read => ({ ...batch, changes: batch.changes.map(({ success }) => success) })

const scan = (deliver: Deliver, options: Partial<TableScan.Options> = {}) =>
  Effect.flatMap(TableScan.begin({ tableName: "table", target: "test", segmentsAtOnce: 1, ...options }), (begun) =>
    Scan.run(
      begun,
      Stream.mapEffect((batch) => Effect.as(deliver(readOf(batch)), [batch.position]))
    )
  )

const provided = <A, E>(
  effect: Effect.Effect<A, E, ScanApi | ScanProgress>,
  api: ScanApi["Service"]
): Effect.Effect<A, E> =>
  effect.pipe(
    Effect.provide(Layer.mergeAll(Layer.succeed(ScanApi, api), layerMemory)),
    Effect.provideService(References.MinimumLogLevel, "Error")
  )

const upTo = (min: number, max: number) => Schema.Int.check(Schema.isBetween({ minimum: min, maximum: max }))

const World = Schema.Struct({
  sizes: Schema.Array(upTo(0, 9)).check(Schema.isMaxLength(8)),
  pageRowsMax: upTo(1, 7),
  segments: upTo(1, 5),
  segmentsAtOnce: upTo(1, 3),
  heldRows: upTo(2, 12),
  stopAfter: upTo(1, 6)
})

describe("a scan", () => {
  it.effect.prop(
    "delivers every row and each partition whole, up to what is held back",
    [World],
    ([{ heldRows, pageRowsMax, sizes, ...options }]) =>
      Effect.gen(function* () {
        const table = yield* filled(sizes, { pageRowsMax })
        const batches: Array<Read> = []
        yield* provided(
          scan((batch) => Effect.sync(() => void batches.push(batch)), {
            ...options,
            heldBytesMax: heldRows * bytesOfRow
          }),
          table.scanApi
        )
        const keys = batches.flatMap(({ changes }) => changes.map(keyOf))
        assert.strictEqual(
          keys.length,
          sizes.reduce((sum, size) => sum + size, 0)
        )
        assert.strictEqual(new Set(keys).size, keys.length)
        for (const { begins, changes, ends } of batches) {
          assert.isAtMost(changes.length, heldRows + 2 * pageRowsMax)
          const own = Map.groupBy(changes, ({ keys }) => (keys["PK"] as { readonly S: string }).S)
          const partitions = [...own].map(([name, rows]) => [sizes[Number(name.slice(1))], rows.length] as const)
          const isWhole = partitions.every(([size, delivered]) => size === delivered)
          assert.isTrue(isWhole || begins === "cut" || ends === "cut")
          if (ends === "cut") assert.isAtLeast(partitions.at(-1)![1], heldRows)
        }
      }),
    { arbitrary: { runs: 200 } }
  )

  it.effect.prop(
    "stopped after any batches were settled loses none of the others",
    [World, Schema.Array(Schema.Boolean).check(Schema.isMinLength(12))],
    ([{ heldRows, pageRowsMax, sizes, stopAfter, ...options }, isSettled]) =>
      Effect.gen(function* () {
        const table = yield* filled(sizes, { pageRowsMax })
        const keys = new Set<string>()
        const held = { heldBytesMax: heldRows * bytesOfRow }
        const begin = TableScan.begin({ ...options, ...held, tableName: "table", target: "test" })
        const settle = (isSettled: (i: number) => boolean) => (batches: Stream.Stream<Scan.Batch, ScanApiError>) =>
          Stream.map(Stream.zipWithIndex(batches), ([batch, i]) => {
            if (!isSettled(i)) return []
            for (const { success } of batch.changes) keys.add(keyOf(success))
            return [batch.position]
          })
        const some = Effect.flatMap(begin, (scan) =>
          Scan.run(scan, (batches) =>
            Stream.concat(
              Stream.take(settle((i) => isSettled[i % isSettled.length]!)(batches), stopAfter),
              Stream.fail("stopped" as const)
            )
          )
        )
        const rest = Effect.flatMap(begin, (scan) =>
          Scan.run(
            scan,
            settle(() => true)
          )
        )
        yield* provided(Effect.andThen(Effect.flip(some), rest), table.scanApi)
        assert.strictEqual(
          keys.size,
          sizes.reduce((sum, size) => sum + size, 0)
        )
      }),
    { arbitrary: { runs: 200 } }
  )

  it.effect.prop(
    "stopped at any batch goes on where it was, and repeats nothing that was delivered",
    [World],
    ([{ heldRows, pageRowsMax, sizes, stopAfter, ...options }]) =>
      Effect.gen(function* () {
        const table = yield* filled(sizes, { pageRowsMax })
        const keys: Array<string> = []
        const untilStopped = Effect.suspend(() => {
          let left = stopAfter
          return scan(
            (batch) => {
              if (left-- === 0) return Effect.fail("stopped")
              keys.push(...batch.changes.map(keyOf))
              return Effect.void
            },
            { ...options, segmentsAtOnce: 1, heldBytesMax: heldRows * bytesOfRow }
          )
        })
        const exits: Array<Exit.Exit<void, unknown>> = []
        yield* provided(
          Effect.gen(function* () {
            while (exits.length === 0 || Exit.isFailure(exits.at(-1)!)) exits.push(yield* Effect.exit(untilStopped))
          }),
          table.scanApi
        )
        assert.strictEqual(
          new Set(keys).size,
          sizes.reduce((sum, size) => sum + size, 0)
        )
        assert.strictEqual(keys.length, new Set(keys).size)
      }),
    { arbitrary: { runs: 200 } }
  )

  it.effect("reads the stream's label before its first page, and a page's time before it is asked for", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const table = yield* filled([2, 2, 2], { pageRowsMax: 1 })
      const asked: Array<number> = []
      const api: ScanApi["Service"] = {
        ...table.scanApi,
        scan: (segment) =>
          Effect.gen(function* () {
            asked.push(yield* Clock.currentTimeMillis)
            yield* table.replaceStream()
            yield* TestClock.adjust("1 second")
            return yield* table.scanApi.scan(segment)
          })
      }
      const origins: Array<Change["origin"]> = []
      yield* provided(
        scan(({ changes }) => Effect.sync(() => void origins.push(...changes.map(({ origin }) => origin)))),
        api
      )
      assert.strictEqual(origins.length, 6)
      for (const origin of origins) {
        assert.deepInclude(origin, { _tag: "Scan", epoch: 1_000_000 })
        assert.isTrue(origin._tag === "Scan" && asked.includes(origin.requestedAt))
      }
    })
  )

  it.effect("of a table without a stream stands under epoch 0", () =>
    Effect.gen(function* () {
      const table = yield* filled([1], { stream: "none" })
      yield* provided(
        scan(({ changes }) => Effect.sync(() => assert.deepInclude(changes[0]!.origin, { epoch: 0 }))),
        table.scanApi
      )
    })
  )

  it.effect("keeps to a rate in read units, on average", () =>
    Effect.gen(function* () {
      const table = yield* filled([50, 50, 50, 50], { pageRowsMax: 10 })
      let units = 0
      const scanning = yield* Effect.forkChild(
        provided(
          scan((batch) => Effect.sync(() => void (units += batch.units)), {
            segments: 4,
            segmentsAtOnce: 4,
            unitsPerSecond: 2
          }),
          table.scanApi
        )
      )
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(scanning.pollUnsafe() === undefined)
      assert.isAtMost(units, 2 * 5 + 2)
      yield* TestClock.adjust("60 seconds")
      yield* Fiber.join(scanning)
      assert.isAtLeast(units, 20)
    })
  )

  it.effect("waits where the table throttles, and loses nothing", () =>
    Effect.gen(function* () {
      const table = yield* filled([3, 3, 3], { pageRowsMax: 2 })
      let calls = 0
      const api: ScanApi["Service"] = {
        ...table.scanApi,
        scan: (segment) =>
          ++calls % 3 === 0
            ? table.scanApi.scan(segment)
            : Effect.fail(new StreamApiError({ operation: "Scan", reason: new Throttled(), message: "too fast" }))
      }
      let rows = 0
      const scanning = yield* Effect.forkChild(
        provided(
          scan((batch) => Effect.sync(() => void (rows += batch.changes.length))),
          api
        )
      )
      yield* TestClock.adjust("5 minutes")
      yield* Fiber.join(scanning)
      assert.strictEqual(rows, 9)
    })
  )

  it.effect("holds a small part of the table, however much of it fits on a page", () =>
    Effect.gen(function* () {
      const table = yield* filled(
        Array.from({ length: 5000 }, () => 1),
        { pageRowsMax: 5000 }
      )
      const sizes: Array<number> = []
      yield* provided(
        scan(({ changes }) => Effect.sync(() => void sizes.push(changes.length)), { segments: 1 }),
        table.scanApi
      )
      assert.strictEqual(
        sizes.reduce((sum, size) => sum + size, 0),
        5000
      )
      assert.isAtMost(Math.max(...sizes), 2001)
    })
  )

  it.effect("holds rows of one partition by what they take in memory, not by their number", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make({ pageRowsMax: 2 })
      const text = "x".repeat(400_000)
      for (let n = 10; n < 50; n++) yield* table.put({ PK: { S: "P" }, SK: { S: `R${n}` }, text: { S: text } })
      const sizes: Array<number> = []
      yield* provided(
        scan(({ changes }) =>
          Effect.sync(() => void sizes.push(changes.reduce((sum, { image }) => sum + rowBytes(image), 0)))
        ),
        table.scanApi
      )
      assert.isAtLeast(sizes.length, 3)
      assert.isAtMost(Math.max(...sizes), 5.5 * 2 ** 20)
    })
  )

  it("is cut by the table's size", () => {
    const gib = 2 ** 30
    assert.deepStrictEqual(
      [0, gib / 4, gib, 100 * gib, 1000 * gib].map((bytes) => TableScan.segmentsFor(bytes, 4)),
      [4, 4, 16, 1024, 1024]
    )
  })
})
