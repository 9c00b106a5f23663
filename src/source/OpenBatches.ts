/**
 * The batches of one shard or segment that are read and not acknowledged: acknowledged is the longest settled
 * beginning, whatever later ones did. Of a settled batch behind an open one nothing is kept but its position.
 */
import type { Effect } from "effect"
import { Changed } from "../Changed.ts"
import type { Batch } from "./Batch.ts"

interface Open<P> {
  readonly position: P
  readonly changes: number
  readonly bytes: number
  isSettled: boolean
}

/** Nothing more is read while this much is open. Changes take several times their bytes in memory. */
const changesMax = 5000
const bytesMax = 4 * 2 ** 20

/** Positions are told apart by identity: each batch has its own. */
export class OpenBatches<P extends object> {
  private readonly queue: Array<Open<P>> = []
  private readonly byPosition = new Map<P, Open<P>>()
  private readonly changed = new Changed()

  get isEmpty(): boolean {
    return this.queue.length === 0
  }

  private get isFull(): boolean {
    let changes = 0
    let bytes = 0
    for (const own of this.byPosition.values()) {
      changes += own.changes
      bytes += own.bytes
    }
    return changes >= changesMax || bytes >= bytesMax
  }

  add({ bytes, changes, position }: Batch<P>): void {
    const own: Open<P> = { position, changes: changes.length, bytes, isSettled: false }
    this.queue.push(own)
    this.byPosition.set(position, own)
  }

  /** Notes the batch of a position as settled. */
  settle(position: P): void {
    const own = this.byPosition.get(position)
    if (own !== undefined) own.isSettled = true
    this.byPosition.delete(position)
    this.changed.note()
  }

  /** The position of the first batch, if that is settled. */
  get settled(): P | undefined {
    const [first] = this.queue
    return first?.isSettled === true ? first.position : undefined
  }

  /** Takes the first batch away, as it is acknowledged. */
  acknowledge(): void {
    this.queue.shift()
    this.changed.note()
  }

  /** Waits until there is room for one more. */
  readonly room: Effect.Effect<void> = this.changed.until(() => !this.isFull)

  /** Waits until none is open. */
  readonly none: Effect.Effect<void> = this.changed.until(() => this.isEmpty)
}
