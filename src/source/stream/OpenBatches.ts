/**
 * The batches of one shard that are read and not acknowledged: acknowledged is the longest settled beginning, whatever
 * later ones did. Of a settled batch behind an open one nothing is kept but its end.
 */
import { Effect, Latch, Result } from "effect"
import type { ReadRecord } from "../record/streamRecord.ts"
import type { Batch } from "./settler.ts"

/** The end of a batch, as far as its records say it. */
export interface End {
  readonly records: number
  readonly sequenceNumber: string | undefined
  /** The time at which the last record was made, in epoch milliseconds. */
  readonly createdAt: number | undefined
}

interface Open {
  readonly end: End
  readonly bytes: number
  isSettled: boolean
}

/** A shard is read no further while this much of it is open. Its records take several times their bytes in memory. */
const recordsMax = 5000
const bytesMax = 4 * 2 ** 20

export class OpenBatches {
  private readonly queue: Array<Open> = []
  private readonly byBatch = new Map<Batch, Open>()
  private readonly moved = Latch.makeUnsafe(false)

  get isEmpty(): boolean {
    return this.queue.length === 0
  }

  private get isFull(): boolean {
    let records = 0
    let bytes = 0
    for (const own of this.byBatch.values()) {
      records += own.end.records
      bytes += own.bytes
    }
    return records >= recordsMax || bytes >= bytesMax
  }

  /** Adds a batch, and gives its end. */
  add(batch: Batch): End {
    const own: Open = { end: endOf(batch.records), bytes: batch.bytes, isSettled: false }
    this.queue.push(own)
    this.byBatch.set(batch, own)
    return own.end
  }

  /** Notes a batch as settled. */
  settle(batch: Batch): void {
    const own = this.byBatch.get(batch)
    if (own !== undefined) own.isSettled = true
    this.byBatch.delete(batch)
    this.moved.openUnsafe()
  }

  /** The end of the first batch, if that is settled. */
  get settled(): End | undefined {
    const [first] = this.queue
    return first?.isSettled === true ? first.end : undefined
  }

  /** Takes the first batch away, as it is acknowledged. */
  acknowledge(): void {
    this.queue.shift()
    this.moved.openUnsafe()
  }

  /** Waits until there is room for one more. */
  readonly room: Effect.Effect<void> = Effect.suspend(() => this.until(() => !this.isFull))

  /** Waits until none is open. */
  readonly none: Effect.Effect<void> = Effect.suspend(() => this.until(() => this.isEmpty))

  private until(holds: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (holds()) return Effect.void
      this.moved.closeUnsafe()
      return Effect.andThen(this.moved.await, this.until(holds))
    })
  }
}

const endOf = (records: ReadonlyArray<ReadRecord>): End => {
  let createdAt: number | undefined
  let sequenceNumber: string | undefined
  for (const read of records) {
    const known = Result.isFailure(read) ? read.failure : read.success.origin
    if ("sequenceNumber" in known) sequenceNumber = known.sequenceNumber ?? sequenceNumber
    if ("createdAt" in known) createdAt = known.createdAt ?? createdAt
  }
  return { records: records.length, createdAt, sequenceNumber }
}
