import type { ReadRecord } from "./record/streamRecord.ts"

/** Changes of a source, in its order, and their place in it. */
export interface Batch<out Position = unknown> {
  readonly changes: ReadonlyArray<ReadRecord>
  /** About what its rows take in memory. */
  readonly bytes: number
  /** Given back to the source once the batch is settled. */
  readonly position: Position
}
