/** The run of a process by the second: rates, delays, lag, shards. Bounded, whatever comes. */
import type { Progress } from "../source/stream/Progress.ts"
import type { Delivery } from "../pipeline/Delivery.ts"
import { KeyPatterns } from "../decode/KeyPatterns.ts"
import type * as messages from "./messages.ts"

/** One hour. */
const pointsMax = 3600
/** Delays of one second of which the percentiles are taken. */
const delaysMax = 1000
/** Shards that are told, the newest; a table of many writes has hundreds a day. */
const shardsMax = 200
const gapsMax = 20

type Totals = Pick<messages.State, "received" | "written" | "refused" | "unclaimed">

export class Run {
  readonly points: Array<messages.Point> = []
  readonly totals: { -readonly [K in keyof Totals]: number } = { received: 0, written: 0, refused: 0, unclaimed: 0 }
  readonly gaps: Array<string> = []
  private readonly shards = new Map<string, messages.Shard>()
  private readonly patterns = new KeyPatterns(20)
  /** The failures that last, by what fails. */
  private readonly failing = new Map<string, string>()
  private second = { received: 0, written: 0, refused: 0, delays: [] as Array<number> }
  private lag: number | null = null
  isUpToDate = false
  isBegun = false

  delivered({ summary, unclaimed }: Delivery): void {
    const { received, rowsRefused, unclaimed: rows, written } = summary
    this.second.received += received
    this.second.written += written
    this.second.refused += rowsRefused
    this.totals.received += received
    this.totals.written += written
    this.totals.refused += rowsRefused
    this.totals.unclaimed += rows
    for (const { example, pattern, rows } of unclaimed) this.patterns.add(pattern, () => example, rows)
  }

  noteDelay(millis: number): void {
    if (this.second.delays.length < delaysMax) this.second.delays.push(millis)
  }

  note(progress: Progress): void {
    switch (progress._tag) {
      case "StreamStarted":
        this.isBegun = true
        return
      case "ShardStarted":
        return this.shard(progress.shardId, { state: "reading", position: progress.after ?? null })
      case "Delivered": {
        const { behindMillis, records, sequenceNumber, shardId } = progress
        this.lag = behindMillis ?? this.lag
        this.isUpToDate = false
        const before = this.shards.get(shardId)
        return this.shard(shardId, {
          state: "reading",
          position: sequenceNumber ?? before?.position ?? null,
          records: (before?.records ?? 0) + records,
          behind: behindMillis ?? null
        })
      }
      case "ShardIdle":
        return this.shard(progress.shardId, { state: "idle", behind: 0 })
      case "ShardFinished":
        return this.shard(progress.shardId, { state: "finished", behind: null })
      case "CaughtUp":
        this.lag = 0
        this.isUpToDate = true
        return
      case "Retrying":
        this.failing.set(progress.subject, progress.message)
        return
      case "Recovered":
        this.failing.delete(progress.subject)
        return
      case "Gap":
        if (this.gaps.length < gapsMax) this.gaps.push(progress.message)
    }
  }

  /** The number of things that fail and are tried again, and what is said of the first that is no delivery. */
  get waiting(): number {
    return this.failing.size
  }

  get readingProblem(): string | undefined {
    for (const [subject, message] of this.failing) if (!subject.startsWith("delivering ")) return message
    return undefined
  }

  /** Ends a second. */
  tick(at: number): messages.Point {
    const { delays, ...counts } = this.second
    const sorted = delays.sort((a, b) => a - b)
    const rank = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null
    const point = { at, ...counts, delay50: rank(0.5), delay99: rank(0.99), lag: this.lag }
    this.points.push(point)
    if (this.points.length > pointsMax) this.points.shift()
    this.second = { received: 0, written: 0, refused: 0, delays: [] }
    return point
  }

  state() {
    return {
      ...this.totals,
      isUpToDate: this.isUpToDate,
      waiting: this.waiting,
      gaps: [...this.gaps],
      shards: [...this.shards.values()],
      unclaimedPatterns: this.patterns.counts()
    }
  }

  private shard(shard: string, now: Partial<messages.Shard>): void {
    const before = this.shards.get(shard) ?? { shard, state: "reading", position: null, records: 0, behind: null }
    this.shards.set(shard, { ...before, ...now })
    for (const [oldest, { state }] of this.shards) {
      if (this.shards.size <= shardsMax) return
      if (state === "finished") this.shards.delete(oldest)
    }
  }
}
