/** The part of a long list that is drawn. Pure. */

export interface Seen {
  readonly count: number
  /** Pixels. */
  readonly rowHeight: number
  readonly scrollTop: number
  readonly height: number
}

/** Rows drawn beyond what is seen, on each side, so that scrolling shows no gaps. */
export const overscan = 8

/** The first row that is drawn, and the one after the last. */
export const windowOf = ({
  count,
  height,
  rowHeight,
  scrollTop
}: Seen): { readonly start: number; readonly end: number } => {
  const last = Math.max(0, count * rowHeight - height)
  const top = Math.min(Math.max(0, scrollTop), last)
  const start = Math.max(0, Math.floor(top / rowHeight) - overscan)
  return { start, end: Math.min(count, Math.ceil((top + height) / rowHeight) + overscan) }
}

/** The scroll position, the nearest to the present one, at which a row is seen whole. */
export const scrolledTo = ({ height, rowHeight, scrollTop }: Seen, index: number): number => {
  const top = index * rowHeight
  if (top < scrollTop) return top
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop
}

/** The row that a key of the keyboard goes to from another, -1 being none yet; `undefined` for other keys. */
export const moved = (key: string, index: number, { count, height, rowHeight }: Seen): number | undefined => {
  const page = Math.max(1, Math.floor(height / rowHeight) - 1)
  const steps: { readonly [key: string]: number } = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1
  }
  const next = Object.hasOwn(steps, key) ? steps[key] : undefined
  return next === undefined || count === 0 ? undefined : Math.min(Math.max(0, next), count - 1)
}
