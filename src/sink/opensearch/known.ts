/**
 * The documents this process wrote, with the sequence numbers OpenSearch gave them: what need not be read again.
 * Bounded by bytes, least recently used first out. A stale entry is harmless: the write conditional on it is refused.
 */
import type { Document } from "../../fold/Document.ts"

export interface Known {
  readonly document: Document
  readonly seqNo: number
  readonly primaryTerm: number
  /**
   * Whether this process's write of it was acknowledged, and so is on every copy. What was only read may be on its
   * primary alone, and gone if another copy takes the primary's place.
   */
  readonly isSafe: boolean
}

interface Entry extends Known {
  readonly bytes: number
}

/** Of a full cache, how much stays. */
const evictedTo = 0.9

export class KnownDocuments {
  private readonly entries = new Map<string, Entry>()
  private readonly prefixes = new Map<string, string>()
  private bytes = 0
  private readonly bytesMax: number
  private count = 0
  /** What a document took on average, of the last hundred or so; before the first, what a large order takes. */
  bytesMean = 64 * 1024

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Takes a document out: until its next write is acknowledged, nobody knows what the index has. */
  take(writeAlias: string, id: string): Known | undefined {
    return this.remove(this.keyOf(writeAlias, id))
  }

  /** Keeps a document as the index is known to have it. */
  put(writeAlias: string, id: string, known: Known): void {
    const key = this.keyOf(writeAlias, id)
    this.remove(key)
    const bytes = bytesOf(known.document.rows)
    this.count = Math.min(this.count + 1, 100)
    this.bytesMean += (bytes - this.bytesMean) / this.count
    if (bytes > this.bytesMax) return
    this.entries.set(key, { ...known, bytes })
    this.bytes += bytes
    if (this.bytes > this.bytesMax) this.evict()
  }

  /**
   * Makes room for some time: a walk from the oldest entry on passes all places that were emptied, and a walk kept from
   * time to time keeps all that the map ever was in memory.
   */
  private evict(): void {
    for (const key of this.entries.keys()) {
      if (this.bytes <= this.bytesMax * evictedTo) break
      this.remove(key)
    }
  }

  /**
   * A re-created index numbers its writes from zero again, so the key has the generation's own write alias in it: its
   * place among those seen so far, as joining and hashing the whole name took a twentieth of the handler's time.
   */
  private keyOf(writeAlias: string, id: string): string {
    let prefix = this.prefixes.get(writeAlias)
    if (prefix === undefined) {
      prefix = `${this.prefixes.size}:`
      this.prefixes.set(writeAlias, prefix)
    }
    return prefix + id
  }

  private remove(key: string): Entry | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    this.entries.delete(key)
    this.bytes -= entry.bytes
    return entry
  }
}

/** What the rows of a document take in memory, about: characters may take two bytes. */
export const bytesOf = (rows: Iterable<{ readonly json: string | undefined }>): number => {
  let bytes = 500
  for (const { json } of rows) bytes += 250 + 2 * (json?.length ?? 0)
  return bytes
}
