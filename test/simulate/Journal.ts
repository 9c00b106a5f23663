/** What happened in a run, line by line with its simulated time, and how often. */
export class Journal {
  readonly lines: Array<string> = []
  readonly counts = new Map<string, number>()
  /** When the log last said of an index that a backfill is due. */
  readonly due = new Map<string, number>()
  private readonly now: () => number
  private readonly began: number

  constructor(now: () => number) {
    this.now = now
    this.began = now()
  }

  say(line: string): void {
    this.lines.push(`${String(Math.round(this.now() - this.began)).padStart(9)} ms  ${line}`)
  }

  dueSince(index: string): void {
    this.count("said that a backfill is due")
    this.due.set(index, this.now())
  }

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times)
  }
}
