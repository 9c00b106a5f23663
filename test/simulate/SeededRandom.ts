/** All chance of a simulated run: the same seed gives the same throws. Forks make actors independent of each other. */
export class SeededRandom {
  private state: number

  constructor(seed: number) {
    this.state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0
    for (let i = 0; i < 3; i++) this.next()
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** Mostly small, now and then great: every order of magnitude is as likely as the next. */
  wild(least: number, most: number): number {
    return least * (most / least) ** this.next()
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(from: ReadonlyArray<T>): T {
    return from[this.below(from.length)]!
  }

  fork(): SeededRandom {
    return new SeededRandom(Math.floor(this.next() * 2 ** 32))
  }
}
