/** Groups of items whose bytes and number stay under the limits; an item over the limit by itself stands alone. */
export const cut = <T>(
  items: ReadonlyArray<T>,
  size: (item: T) => number,
  bytesMax: number,
  countMax: number
): ReadonlyArray<ReadonlyArray<T>> => {
  const groups: Array<Array<T>> = []
  let group: Array<T> = []
  let bytes = 0
  for (const item of items) {
    const own = size(item)
    if (group.length > 0 && (bytes + own > bytesMax || group.length >= countMax)) {
      groups.push(group)
      group = []
      bytes = 0
    }
    group.push(item)
    bytes += own
  }
  return group.length === 0 ? groups : [...groups, group]
}
