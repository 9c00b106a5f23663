/** The newest of many things, by key: as many as a number and a size allow. Whatever was set last goes last. */
export interface Limits {
  readonly countMax: number
  readonly bytesMax: number
}

export class Recent<A> {
  private readonly entries = new Map<string, { readonly value: A; readonly bytes: number }>()
  /** The keys from the oldest on: it goes past what was removed once, and not each time. */
  private oldest = this.entries.keys()
  private bytes = 0
  private readonly limits: Limits
  /** True once something had to go. */
  isPart = false

  constructor(limits: Limits) {
    this.limits = limits
  }

  get(key: string): A | undefined {
    return this.entries.get(key)?.value
  }

  set(key: string, value: A, bytes: number): void {
    this.delete(key)
    this.entries.set(key, { value, bytes })
    this.bytes += bytes
    const { bytesMax, countMax } = this.limits
    while (this.entries.size > countMax || (this.bytes > bytesMax && this.entries.size > 1)) {
      this.delete(this.oldest.next().value!)
      this.isPart = true
    }
  }

  delete(key: string): void {
    this.bytes -= this.entries.get(key)?.bytes ?? 0
    this.entries.delete(key)
  }

  clear(): void {
    this.entries.clear()
    this.oldest = this.entries.keys()
    this.bytes = 0
    this.isPart = false
  }

  /** Takes some away, the oldest first. */
  take(countMax: number): ReadonlyArray<A> {
    const taken: Array<A> = []
    for (const [key, { value }] of this.entries) {
      if (taken.length >= countMax) break
      taken.push(value)
      this.delete(key)
    }
    return taken
  }

  /** The oldest first. */
  values(): ReadonlyArray<A> {
    return Array.from(this.entries.values(), ({ value }) => value)
  }
}
