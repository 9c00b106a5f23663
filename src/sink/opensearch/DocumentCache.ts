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
   * True where this process's write of it was acknowledged, and so is on every copy. What was only read may be on its
   * primary alone, and gone if another copy takes the primary's place.
   */
  readonly isSafe: boolean
}

/** The index that documents are in: by the alias they are written through, and as the index that it is. */
export interface Place {
  readonly writeAlias: string
  /** Another one after each restore of a snapshot and each re-creation. */
  readonly identity: string
}

interface Entry extends Known {
  readonly bytes: number
}

/** Of a full cache, how much stays. */
const evictedTo = 0.9

export class DocumentCache {
  private readonly entries = new Map<string, Entry>()
  private readonly prefixes = new Map<string, Map<string, string>>()
  private places = 0
  private bytes = 0
  private readonly bytesMax: number
  private count = 0
  /**
   * The bytes that a document took on average, of the last hundred or so; before the first, what a large order takes.
   */
  bytesMean = 64 * 1024

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Takes a document out: until its next write is acknowledged, nobody knows what the index has. */
  take(place: Place, id: string): Known | undefined {
    return this.remove(this.keyOf(place, id))
  }

  /** Keeps a document as the index is known to have it. */
  put(place: Place, id: string, known: Known): void {
    const key = this.keyOf(place, id)
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
   * An index made anew or restored numbers its writes from where it then is, so the key has the generation's own write
   * alias in it, and the index's identity: their place among those seen so far, as joining and hashing whole names took
   * a twentieth of the handler's time. What is known of an index that was replaced is not found any more, and ages out.
   */
  private keyOf({ identity, writeAlias }: Place, id: string): string {
    let own = this.prefixes.get(writeAlias)
    if (own === undefined) this.prefixes.set(writeAlias, (own = new Map()))
    let prefix = own.get(identity)
    if (prefix === undefined) {
      prefix = `${this.places++}:`
      own.set(identity, prefix)
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

/** Estimates the bytes that the rows of a document take in memory: characters may take two bytes. */
export const bytesOf = (rows: Iterable<{ readonly json: string | undefined }>): number => {
  let bytes = 500
  for (const { json } of rows) bytes += 250 + 2 * (json?.length ?? 0)
  return bytes
}
