/** What happened in a run, line by line with its simulated time, and how often. */
export class Journal {
  readonly lines: Array<string> = []
  readonly counts = new Map<string, number>()
  private readonly due = new Set<string>()
  private readonly unseen = new Set<string>()
  private readonly now: () => number
  private readonly began: number

  constructor(now: () => number) {
    this.now = now
    this.began = now()
  }

  say(line: string): void {
    this.lines.push(`${String(Math.round(this.now() - this.began)).padStart(9)} ms  ${line}`)
  }

  /** The log said of an index that it was made at a time, and that a backfill is due. */
  sayDue(index: string, madeAt: number): void {
    this.count("said that a backfill is due")
    this.due.add(`${index} ${madeAt}`)
  }

  /** The log has whole milliseconds. */
  isSaidDue(index: string, madeAt: number): boolean {
    return this.due.has(`${index} ${Math.trunc(madeAt)}`)
  }

  /** A process said that readers see an index which it does not write. */
  sayUnseen(process: string, index: string): void {
    this.count("said that readers see another index")
    this.unseen.add(`${process} ${index}`)
  }

  isSaidUnseen(process: string, index: string): boolean {
    return this.unseen.has(`${process} ${index}`)
  }

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times)
  }
}
