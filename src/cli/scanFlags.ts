/** Flags and arguments of all commands that read a whole table. */
import { Clock, Effect } from "effect"
import { Argument, Flag } from "effect/cli"
import { isRewritable, showStatus } from "./terminal.ts"

export const tableName = Argument.String("name").pipe(Argument.withDescription("The name of the DynamoDB table"))

export const segments = Flag.Int("segments").pipe(
  Flag.withDescription(
    "Into how many segments the table is cut (default: one for each 64 MiB, at least 4, at most 1024)"
  ),
  Flag.filter(
    (n) => n >= 1 && n <= 1_000_000,
    () => "a number from 1 to 1000000"
  ),
  Flag.optional
)

export const fromOne = Flag.filter(
  (n: number) => n >= 1,
  () => "a number from 1 on"
)

export const rate = Flag.Int("rate").pipe(
  Flag.withMetavar("units"),
  Flag.withDescription(
    "Read units per second to use, one for each 4 KB (default: as fast as the table gives, pausing where it throttles)"
  ),
  fromOne,
  Flag.optional
)

/** A number for people, with commas. */
export const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

export const duration = (seconds: number): string => {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`
}

const showEvery = isRewritable ? 200 : 5000

/** Shows a line in place now and then, or below the last one every few seconds. */
export const shower = Effect.fnUntraced(function* <P>(line: (progress: P, millis: number) => string) {
  const began = yield* Clock.currentTimeMillis
  let shownAt = began
  return (progress: P) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (now - shownAt < showEvery) return
      shownAt = now
      showStatus(line(progress, now - began))
    })
})

/** `12 % · 1,200 rows`, and how long the rest will take at the speed so far. */
export const share = (rows: number, before: number, total: number, millis: number) => {
  const perSecond = (rows * 1000) / Math.max(1, millis)
  const left = total <= rows + before || rows === 0 ? "" : ` · ${duration((total - rows - before) / perSecond)} left`
  const percent = total === 0 ? "" : `${Math.min(99, Math.floor((100 * (rows + before)) / total))} % · `
  return { begin: `${percent}${whole(rows + before)} rows`, end: `${whole(perSecond)} rows/s${left}` }
}
