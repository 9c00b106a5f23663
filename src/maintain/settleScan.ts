/** The rows of a scan, written: what a backfill does with them, whole or in parts. */
import { Effect, Stream } from "effect"
import type * as Table from "../define/Table.ts"
import { settledPositions } from "../pipeline/joined.ts"
import * as Pipeline from "../pipeline/Pipeline.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import * as Scan from "../source/scan/Scan.ts"
import type { ScanProgressError } from "../source/scan/ScanProgress.ts"
import type { BackfillTally } from "./BackfillTally.ts"

export interface Options {
  /** Called after each delivery. */
  readonly onDelivered?: Effect.Effect<void> | undefined
  /** Ends it once what is on its way is delivered. Defaults to never. */
  readonly stop?: Effect.Effect<void> | undefined
}

/** Settles all that is left of a scan, and counts it; what is not settled comes again without end. */
export const settleScan = <E>(
  definition: Table.Table,
  scan: Scan.Scan<E>,
  tally: BackfillTally,
  { onDelivered = Effect.void, stop }: Options = {}
): Effect.Effect<void, E | Pipeline.SourceError | SinkError | ScanProgressError, Sink> =>
  Scan.run(scan, (batches) =>
    batches.pipe(
      Pipeline.settle({
        deliver: deliver(definition),
        subjectOf: ({ position }: Scan.Batch) => `writing rows of segment ${position.segment}`,
        stop
      }),
      Stream.tap((delivered) => {
        tally.add(delivered)
        return onDelivered
      }),
      Stream.map(settledPositions)
    )
  )

/** Delivers rows of a scan. Refused ones are reported and come no more; only what is not settled comes again. */
const deliver = (definition: Table.Table) => (changes: Parameters<typeof Pipeline.deliver>[1]) =>
  Effect.map(Pipeline.deliver(definition, changes), (delivery) => ({
    delivery,
    unacknowledged: delivery.unacknowledged.filter(({ isRefused }) => !isRefused)
  }))
