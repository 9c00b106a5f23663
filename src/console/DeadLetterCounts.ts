/** Dead letters counted by reason, of which only so many are told apart. */
import type * as messages from "./messages.ts"

const reasonsMax = 50
const examplesMax = 5

export interface Counted {
  readonly aggregate: string | null
  readonly reason: string
  /** The key of its row, in readable form. */
  readonly key: string
}

export class DeadLetterCounts {
  private readonly counts = new Map<string, messages.DeadLetters>()

  add({ aggregate, key: row, reason }: Counted): void {
    const key = JSON.stringify([aggregate, reason])
    const known = this.counts.get(key)
    if (known === undefined && this.counts.size >= reasonsMax) return
    const { count = 0, examples = [] } = known ?? {}
    const keys = new Set([...examples, row])
    this.counts.set(key, { reason, aggregate, count: count + 1, examples: [...keys].slice(0, examplesMax) })
  }

  clear(): void {
    this.counts.clear()
  }

  /** The most frequent first. */
  all(): ReadonlyArray<messages.DeadLetters> {
    return [...this.counts.values()].toSorted((a, b) => b.count - a.count)
  }
}
