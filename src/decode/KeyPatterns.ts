/** Rows counted by the patterns of their keys, of which only so many are told apart. */
import { barePattern } from "./keyPattern.ts"

export interface PatternCount {
  readonly pattern: string
  readonly rows: number
  /** The key of the first of them. */
  readonly example: string
}

export class KeyPatterns {
  rows = 0
  private readonly max: number
  private readonly patterns = new Map<string, { rows: number; readonly example: string }>()

  /** Beyond `max` patterns those that are new are told without their words, and beyond twice as many as one. */
  constructor(max: number) {
    this.max = max
  }

  /** Counts a row, whose key is `example`, or several of which that is the first. */
  add(pattern: string, example: () => string, rows = 1): void {
    this.rows += rows
    const place = this.placeOf(pattern)
    const known = this.patterns.get(place)
    if (known === undefined) this.patterns.set(place, { rows, example: example() })
    else known.rows += rows
  }

  /** The most frequent first, then in the order of their texts. */
  counts(): ReadonlyArray<PatternCount> {
    return [...this.patterns]
      .map(([pattern, { example, rows }]) => ({ pattern, rows, example }))
      .toSorted((a, b) => b.rows - a.rows || (a.pattern < b.pattern ? -1 : 1))
  }

  private placeOf(pattern: string): string {
    if (this.patterns.has(pattern) || this.patterns.size < this.max) return pattern
    const bare = barePattern(pattern)
    return this.patterns.has(bare) || this.patterns.size < 2 * this.max ? bare : others
  }
}

const others = "others"
