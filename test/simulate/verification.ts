/** A verification with repair, as `tablefold verify --repair` makes one. */
import { Effect, Layer, Logger } from "effect"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import { verify } from "../../src/maintain/verify.ts"
import { layerScanApi, type MemoryTable } from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Mapping } from "./EventSource.ts"
import type { Process } from "./Network.ts"
import { clockAheadOf, platform, randomOf, sinkLayer, type Surroundings } from "./Worker.ts"

/** Compares all rows and documents, and repairs what is wrong. */
export const repairAll = (
  around: Surroundings,
  mapping: Mapping,
  table: MemoryTable,
  random: SeededRandom
): Effect.Effect<void> => {
  const process: Process = { name: "verification", isDead: false, clockAhead: clockAheadOf(around, random) }
  const documents = Layer.provide(openSearchDocuments.layer(), around.network.layer(process))
  const sink = sinkLayer({ ...around, sinkOptions: { ...around.sinkOptions, cacheBytesMax: 0 } }, process)
  const layer = Layer.provideMerge(
    Layer.mergeAll(documents, sink, layerScanApi(table), layerTableReader(table), Logger.layer([Logger.consoleJson])),
    platform(around, process, around.parts.random ?? randomOf(random.fork()))
  )
  const run = Effect.catch(verify(around.table, { tableName: table.tableName, isRepairing: true }), ({ message }) =>
    Effect.sync(() => void mapping.problems.push(`nothing can be verified in calm times: ${message}`))
  )
  return Effect.provide(Effect.asVoid(run), layer) as Effect.Effect<void>
}
