/** Figures and times as people read them. Pure. */

const figures = new Intl.NumberFormat("en")

export const count = (value: number): string => figures.format(value)

/** The number with its noun: `1 row`, `2 rows`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`

/** Milliseconds in the unit that fits: `12 ms`, `1.3 s`, `4 min`, `3 h`. */
export const duration = (millis: number): string => {
  if (millis < 1_000) return `${Math.max(0, Math.round(millis))} ms`
  if (millis < 60_000) return `${(millis / 1_000).toFixed(millis < 9_950 ? 1 : 0)} s`
  if (millis < 3_600_000) return `${Math.floor(millis / 60_000)} min`
  return millis < 172_800_000 ? `${Math.floor(millis / 3_600_000)} h` : `${Math.floor(millis / 86_400_000)} days`
}

/** The time of day, to the second. */
export const clock = (at: number): string => {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":")
}

export const ago = (at: number, now: number): string =>
  now - at < 1_500 ? "just now" : `${duration(now - at).replace(/\.\d/, "")} ago`
