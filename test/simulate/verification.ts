/** A verification with repair, as `tablefold verify --repair` makes one. */
import { Effect, Layer, Logger } from "effect"
import * as openSearchDocuments from "../../src/generation/openSearchDocuments.ts"
import { verify } from "../../src/generation/verify.ts"
import { Transport } from "../../src/sink/opensearch/Transport.ts"
import { layerScanApi, type MemoryTable } from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import { scrolling } from "../generation/world.ts"
import type { Dice } from "./Dice.ts"
import type { Mapping } from "./EventSource.ts"
import type { Process } from "./Network.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { clockAheadOf, platform, randomOf, sinkLayer, type Surroundings } from "./Worker.ts"

/** Compares all rows and documents, and repairs what is wrong. */
export const repairAll = (
  around: Surroundings,
  mapping: Mapping,
  server: SimulatedOpenSearch,
  table: MemoryTable,
  dice: Dice
): Effect.Effect<void> => {
  const process: Process = { name: "verification", isDead: false, clockAhead: clockAheadOf(around, dice) }
  const scroll = scrolling(server)
  const paging = Layer.effect(
    Transport,
    Effect.map(Transport, ({ node, request }) =>
      Transport.of({
        node,
        request: (sent) =>
          Effect.suspend(() => {
            const page = scroll(sent)
            return page === undefined ? request(sent) : Effect.succeed(page)
          })
      })
    )
  )
  const documents = openSearchDocuments
    .layer()
    .pipe(Layer.provide(paging), Layer.provide(around.network.layer(process)))
  const sink = sinkLayer({ ...around, sinkOptions: { ...around.sinkOptions, knownBytesMax: 0 } }, process)
  const layer = Layer.provideMerge(
    Layer.mergeAll(documents, sink, layerScanApi(table), layerTableReader(table), Logger.layer([Logger.consoleJson])),
    platform(around, process, around.parts.random ?? randomOf(dice.fork()))
  )
  const run = Effect.catch(verify(around.table, { tableName: table.tableName, isRepairing: true }), ({ message }) =>
    Effect.sync(() => void mapping.problems.push(`nothing can be verified in calm times: ${message}`))
  )
  return Effect.provide(Effect.asVoid(run), layer) as Effect.Effect<void>
}
