/** The last of what came, of any number: what is older is let go. */

export interface History<T> {
  /** The number of those that are held. */
  readonly size: () => number
  /** The number of all that ever came. */
  readonly total: () => number
  /** Counted from the newest, which is 0. */
  readonly at: (index: number) => T | undefined
  readonly push: (items: ReadonlyArray<T>) => void
  readonly clear: () => void
}

export const make = <T>(max: number): History<T> => {
  let held: Array<T> = []
  let total = 0
  const size = () => Math.min(held.length, max)
  return {
    size,
    total: () => total,
    at: (index) => (index < 0 || index >= size() ? undefined : held[held.length - 1 - index]),
    push: (items) => {
      total += items.length
      for (const item of items) held.push(item)
      // Cut a little beyond the limit, so that few items are copied for each.
      if (held.length > 1.1 * max) held = held.slice(-max)
    },
    clear: () => {
      held = []
      total = 0
    }
  }
}
