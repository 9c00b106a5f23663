/** The progress of a followed stream: counted as batches are delivered, shown in place or every few seconds. */
import { Effect, type Scope } from "effect"
import { logNotTaken } from "../pipeline/log.ts"
import type * as Pipeline from "../pipeline/Pipeline.ts"
import type { Progress } from "../source/stream/Progress.ts"
import { count, isRewritable, showStatus } from "./terminal.ts"

/** The outcome of what was followed. */
export interface TailSummary {
  /** Changes that were read and acknowledged, and documents written for them. */
  readonly rows: number
  readonly documents: number
  /** Rows that dead letters stand for. */
  readonly refused: number
  /** Rows that no aggregate claims. */
  readonly unclaimed: number
  /** Times of which changes may be missing. */
  readonly gaps: number
  /** Batches that wait to be tried again. */
  readonly waiting: number
}

export interface TailProgress {
  readonly summary: () => TailSummary
  /** Shows how far things are now, unless that is shown already. */
  readonly show: Effect.Effect<void>
  /** Tells whether the checkpoint holds all that was acknowledged, once following has ended. */
  readonly isSaved: () => boolean
  readonly report: (progress: Progress) => Effect.Effect<void>
  /** Keeps in sight that changes may be missing; the log has said which. */
  readonly reportGap: Effect.Effect<void>
  /** Counts what was delivered, and tells what of it is worth a line of the log. */
  readonly note: (delivery: Pipeline.Delivery) => Effect.Effect<void>
}

/** Patterns of unclaimed keys that are told. */
const patternsMax = 20

const showEvery = isRewritable ? "200 millis" : "5 seconds"

export const make = Effect.fnUntraced(function* (
  tableName: string
): Effect.fn.Return<TailProgress, never, Scope.Scope> {
  const counts = {
    rows: 0,
    documents: 0,
    refused: 0,
    unclaimed: 0,
    gaps: 0,
    waiting: 0,
    behind: "nothing read yet"
  }
  const text = () => {
    const waiting = counts.waiting === 0 ? "" : ` · ${counts.waiting} waiting to be tried again`
    const gaps = counts.gaps === 0 ? "" : " · changes may be missing, see above"
    const written = `${count(counts.rows, "row")} · ${count(counts.documents, "document")} written`
    const refused = counts.refused === 0 ? "" : ` · ${count(counts.refused, "row")} refused`
    const unclaimed = counts.unclaimed === 0 ? "" : ` · ${count(counts.unclaimed, "row")} unclaimed`
    return `${tableName}: ${written}${refused}${unclaimed} · ${counts.behind}${waiting}${gaps}`
  }
  let shown = text()
  let isSaved = true
  const show = Effect.sync(() => {
    if (text() === shown) return
    shown = text()
    showStatus(shown)
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(showEvery), show)))

  const report = (progress: Progress) =>
    Effect.sync(() => {
      if (progress._tag === "Delivered") {
        counts.rows += progress.records
        counts.behind = `behind by ${seconds(progress.behindMillis ?? 0)}`
      }
      if (progress._tag === "CaughtUp") counts.behind = "up to date"
      if (progress._tag === "Retrying" && progress.attempt === 1) counts.waiting++
      if (progress._tag === "CheckpointUnsaved") isSaved = false
      if (progress._tag === "Recovered") counts.waiting--
    })
  const note = (delivery: Pipeline.Delivery) =>
    Effect.suspend(() => {
      counts.documents += delivery.summary.written
      counts.refused += delivery.summary.deadLettered
      counts.unclaimed += delivery.summary.unclaimed
      return Effect.andThen(logNotTaken(delivery), tellUnclaimed(delivery))
    })
  const told = new Set<string>()
  /** Says of each pattern once that no template takes such keys: it may be that a template has a typo. */
  const tellUnclaimed = ({ unclaimed }: Pipeline.Delivery) =>
    Effect.forEach(
      unclaimed.filter(({ pattern }) => !told.has(pattern) && told.size < patternsMax),
      ({ pattern }) => {
        told.add(pattern)
        return Effect.logInfo(`no template takes keys like ${pattern}: their rows are skipped`)
      },
      { discard: true }
    )
  const reportGap = Effect.sync(() => void counts.gaps++)
  const summary = (): TailSummary => {
    const { behind: _, ...numbers } = counts
    return numbers
  }
  return { report, reportGap, note, show, summary, isSaved: () => isSaved }
})

const seconds = (millis: number): string => {
  const whole = Math.round(millis / 1000)
  if (whole < 120) return `${whole} s`
  return whole < 7200 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`
}
