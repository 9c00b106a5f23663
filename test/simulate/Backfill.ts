/**
 * A scan of the table, page by page, each read consistently and written some time later: a stale page is part of life.
 */
import { Clock, Effect, Layer, Logger, Result } from "effect"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { Budget } from "../../src/Budget.ts"
import type { Sink, SinkError } from "../../src/sink/Sink.ts"
import type { Attributes } from "../../src/source/Change.ts"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Mapping } from "./EventSource.ts"
import { refusedMark } from "./History.ts"
import type { Process } from "./Network.ts"
import { delivered } from "./records.ts"
import { clockAheadOf, platform, randomOf, sinkLayer, type Surroundings } from "./Worker.ts"

/** Reads all rows and writes them, page after page, until each is settled or is one that must be refused. */
export const backfill = (
  around: Surroundings,
  mapping: Mapping,
  table: MemoryTable,
  random: SeededRandom,
  name: string
): Effect.Effect<void> => {
  const process: Process = { name, isDead: false, clockAhead: clockAheadOf(around, random) }
  const below = platform(around, process, around.parts.random ?? randomOf(random.fork()))
  const deadLetters = around.deadLetterBox?.layer ?? Layer.empty
  const layer = Layer.provideMerge(
    Layer.mergeAll(sinkLayer(around, process), deadLetters, Logger.layer([Logger.consoleJson])),
    below
  )
  const pages = Effect.gen(function* () {
    const { latest } = yield* Effect.orDie(table.streamApi.findStream(table.tableName))
    const rows = yield* table.scan
    const size = random.between(1, 30)
    for (let i = 0; i < rows.length; i += size) {
      yield* page(around, mapping, table, random, name, rows.slice(i, i + size), `${latest!.label}Z`)
    }
  })
  return Effect.provide(pages, layer) as Effect.Effect<void>
}

const page = Effect.fnUntraced(function* (
  around: Surroundings,
  mapping: Mapping,
  table: MemoryTable,
  random: SeededRandom,
  name: string,
  known: ReadonlyArray<Attributes>,
  label: string
): Effect.fn.Return<void, SinkError, Sink> {
  const { journal } = around
  const requestedAt = yield* Clock.currentTimeMillis
  const beganAt = around.clock.currentTimeMillisUnsafe()
  const read = yield* Effect.forEach(known, (row) => table.get(row))
  let rows = read.flatMap((row) => (row._tag === "Some" ? [row.value] : []))
  if (!around.network.isCalm) yield* Effect.sleep(random.below(5000))
  let calmTries = 0
  while (rows.length > 0) {
    journal.count("backfill pages")
    journal.say(`${name} writes ${rows.map(keyOf).join(", ")}`)
    const epoch = Date.parse(around.parts.label?.(label) ?? label)
    const changes = rows.map((image) => {
      const origin = { _tag: "Scan", tableArn: table.tableArn, epoch, requestedAt } as const
      return Result.succeed({ keys: { PK: image["PK"]!, SK: image["SK"]! }, image, origin })
    })
    const result = yield* Effect.result(
      Effect.provideService(Pipeline.deliver(around.table, changes), Budget, around.scanBudget)
    )
    around.deliveries.push({
      beganAt,
      endedAt: around.clock.currentTimeMillisUnsafe(),
      records: rows.map((row) => delivered("scan", recordOf(row, requestedAt))),
      // What a scan settled no stream record stands for.
      settled: 0,
      worker: name,
      releases: [],
      written: new Set()
    })
    if (Result.isSuccess(result)) {
      const { unacknowledged } = result.success
      rows = unacknowledged.map(({ index }) => rows[index]!).filter((row) => !(refusedMark in row))
    }
    if (rows.length === 0) return
    if (mapping.isEnding && ++calmTries > 20) {
      const why = Result.isFailure(result) ? result.failure.message : result.success.unacknowledged[0]?.reason
      mapping.problems.push(`${name} can't settle ${keyOf(rows[0]!)} in calm times: ${why}`)
      return
    }
    yield* Effect.sleep(random.between(100, 3000))
  }
})

const keyOf = (row: Attributes): string => `${text(row, "PK")} / ${text(row, "SK")}`

const text = (row: Attributes, name: string): string => (row[name] as { readonly S: string }).S

const recordOf = (image: Attributes, requestedAt: number) => ({
  eventName: "SCAN",
  dynamodb: {
    Keys: { PK: image["PK"], SK: image["SK"] },
    NewImage: image,
    SequenceNumber: String(requestedAt),
    ApproximateCreationDateTime: new Date(requestedAt)
  }
})
