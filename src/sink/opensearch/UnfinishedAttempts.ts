/**
 * Findings of this process's attempts on refused rows, by document, so that the next try of the same rows does not
 * begin anew. Bounded by rows, the oldest out first; forgotten some minutes after it last grew, as an index's setting
 * may be changed so that it takes the rows. A refusal that is remembered is a refusal like any other: it settles
 * nothing until its dead letter is taken.
 */
import type { Attempt } from "../Attempt.ts"
import * as Unfinished from "../Unfinished.ts"
import type { Place } from "./DocumentCache.ts"

const rowsMax = 20_000

const rememberedFor = 600_000

interface Entry {
  readonly unfinished: Unfinished.Unfinished
  readonly until: number
}

export class UnfinishedAttempts {
  private readonly entries = new Map<string, Entry>()
  private rows = 0

  /** Gives what is known of a document's rows; times are epoch milliseconds. */
  get(place: Place, id: string, now: number): Unfinished.Unfinished | undefined {
    if (this.entries.size === 0) return undefined
    const entry = this.entries.get(keyOf(place, id))
    return entry !== undefined && entry.until > now ? entry.unfinished : undefined
  }

  /** Remembers what an attempt found out. */
  put(place: Place, id: string, attempt: Attempt, now: number): void {
    const key = keyOf(place, id)
    const known = this.entries.get(key)
    this.remove(key)
    const unfinished = Unfinished.of(attempt)
    const until = known !== undefined && isAlike(known.unfinished, unfinished) ? known.until : now + rememberedFor
    const rows = Unfinished.size(unfinished)
    if (rows > rowsMax || until <= now) return
    this.entries.set(key, { unfinished, until })
    this.rows += rows
    for (const oldest of this.entries.keys()) {
      if (this.rows <= rowsMax) break
      this.remove(oldest)
    }
  }

  /** Forgets a document of which all rows were taken. */
  forget(place: Place, id: string): void {
    if (this.entries.size > 0) this.remove(keyOf(place, id))
  }

  private remove(key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    this.rows -= Unfinished.size(entry.unfinished)
  }
}

const keyOf = ({ identity, writeAlias }: Place, id: string): string => JSON.stringify([writeAlias, identity, id])

const isAlike = (a: Unfinished.Unfinished, b: Unfinished.Unfinished): boolean =>
  a.refused.size === b.refused.size && a.pieces.length === b.pieces.length && a.done.size === b.done.size
