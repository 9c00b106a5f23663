/**
 * Decides which bulk requests ask OpenSearch to make what they wrote searchable at once. The index refreshes itself
 * once in an interval, so a write that comes alone waits for half of that on average (measured: 671 ms of 1 s, and 13
 * where it asks). A refresh costs the server as much as some hundred writes do, so under load nobody asks: what is
 * written all the time shows with the index's own refresh.
 */
import { Duration } from "effect"

/** A request with more documents than this is a sign of load. */
const documentsMax = 10

/** The time without asking after a request that asked was not taken. */
const pauseMillis = Duration.toMillis("10 minutes")

/** The limiter of one process; others have their own. */
export class RefreshLimiter {
  /** The time at which the next refresh is due, by write alias, in epoch milliseconds. */
  private readonly due = new Map<string, number>()
  private pausedUntil = Number.NEGATIVE_INFINITY

  /**
   * Tells whether a request with so many documents is to ask, and counts it as if it does. At most one in an interval
   * does, counted over time: one may come half an interval early, so that of writes as far apart as the interval, give
   * or take the time on their way, each asks. `every` is the index's interval in milliseconds; `undefined` for never.
   */
  take(writeAlias: string, every: number | undefined, documents: number, now: number): boolean {
    if (every === undefined || now < this.pausedUntil) return false
    const due = this.due.get(writeAlias) ?? now
    if (documents > documentsMax) {
      this.due.set(writeAlias, Math.max(due, now + every))
      return false
    }
    if (now < due - every / 2) return false
    this.due.set(writeAlias, Math.max(due, now) + every)
    return true
  }

  /** Ends the asking for ten minutes: a request that asked was not taken. */
  pause(now: number): void {
    this.pausedUntil = now + pauseMillis
  }
}

const unitMillis: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The refresh interval of an index in milliseconds, from its setting; `undefined` where it never refreshes itself. */
export const intervalMillis = (setting = "1s"): number | undefined => {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(setting) ?? []
  const millis = Number(number) * (unitMillis[unit.toLowerCase()] ?? Number.NaN)
  return millis > 0 ? millis : undefined
}
