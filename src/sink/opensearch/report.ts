/** The sink's `report`: who writes each generation, and where changes may be lost, noted in the generations' states. */
import { Clock, Duration, Effect, Result } from "effect"
import { groupBy } from "../../groupBy.ts"
import * as Definition from "../../define/Definition.ts"
import type { Shape } from "../../define/Shape.ts"
import type { News, SinkError } from "../Sink.ts"
import type { Found } from "./findGeneration.ts"
import { unreachable } from "./errors.ts"
import * as following from "./following.ts"
import { otherSource, tableOf } from "./generationOf.ts"
import type { Generation } from "./indices.ts"
import { Budget } from "../../Budget.ts"
import type { State } from "./State.ts"
import type { Transport } from "./Transport.ts"

interface Parts {
  readonly aliasOf: (shape: Shape) => string
  /** The generation that a shape's rows of a table are written to; one found a moment ago will do. */
  readonly check: (
    shape: Shape,
    tableArn: string | undefined,
    now: number
  ) => Effect.Effect<Found, SinkError, Transport>
  readonly update: (
    shape: Shape,
    found: Found,
    change: (state: State) => State
  ) => Effect.Effect<Generation, SinkError, Transport>
}

export const makeReport = ({ aliasOf, check, update }: Parts) => {
  const reportedAt = new Map<string | undefined, Map<Shape, number>>()
  const lateAt = new Map<string | undefined, number>()
  const unseen = new Set<string>()

  /**
   * Reports one shape, unless its definition can't be written, which the writing itself tells. What can't be noted now
   * is noted with the next report, but for a gap: that is lost then.
   */
  const reportOne = Effect.fnUntraced(function* (shape: Shape, news: News, now: number) {
    const { hash } = Definition.of(shape.aggregate)
    const found = yield* Effect.result(check(shape, news.tableArn, now))
    const isNeeded = following.mayBeGap(news, now)
    if (Result.isFailure(found)) {
      return isNeeded && found.failure.reason.isRetryable ? yield* found.failure : found
    }
    const { generation, newest } = found.success
    const due = generation.state.verificationDue
    const next = yield* Effect.result(
      update(shape, found.success, (state) => following.report(state, { hash, news, newest, now }))
    )
    if (Result.isFailure(next)) return isNeeded ? yield* next.failure : found
    const nextDue = next.success.state.verificationDue
    if (due === undefined && nextDue !== undefined) {
      yield* Effect.logError(`a verification of ${generation.index} is due (tablefold verify): ${nextDue.reason}`)
    }
    return Result.succeed({ ...found.success, generation: next.success })
  })

  const reportAll = Effect.fnUntraced(function* (shapes: ReadonlyArray<Shape>, news: News, now: number) {
    const last = reportedAt.get(news.tableArn) ?? new Map<Shape, number>()
    reportedAt.set(news.tableArn, last)
    const isDue = (shape: Shape) => now - (last.get(shape) ?? -Infinity) >= following.reportEvery
    const reportAlias = Effect.fnUntraced(function* ([alias, own]: readonly [string, ReadonlyArray<Shape>]) {
      const reported = yield* Effect.forEach(own, (shape) => reportOne(shape, news, now))
      const found = reported.filter(Result.isSuccess).map(({ success }) => success)
      const refused = reported.find(Result.isFailure)
      // A gap is told once: in one of the alias's indices at least it must stand.
      if (news.gap !== undefined && found.length === 0 && refused !== undefined) return yield* refused.failure
      for (const shape of own) last.set(shape, now)
      yield* reportIfUnseen(alias, found, unseen)
    })
    const isLate =
      following.isLate(news, now) && now - (lateAt.get(news.tableArn) ?? -Infinity) >= following.reportEvery
    if (isLate) lateAt.set(news.tableArn, now)
    const due = [...groupBy(shapes, aliasOf)].filter(
      ([, own]) => isLate || own.some(isDue) || following.mayBeGap(news, now)
    )
    // At a container's start nothing else goes on: one alias after the other would take a request's time each.
    yield* Effect.forEach(due, reportAlias, { concurrency: "unbounded", discard: true })
  })

  return Effect.fnUntraced(function* (shapes: ReadonlyArray<Shape>, news: News) {
    const now = yield* Clock.currentTimeMillis
    const time = Duration.times(yield* Budget, share)
    const orElse = () =>
      following.mayBeGap(news, now)
        ? Effect.fail(unreachable("OpenSearch did not answer in time to note that changes may be lost"))
        : Effect.void
    yield* Effect.timeoutOrElse(reportAll(shapes, news, now), { duration: time, orElse })
  })
}

/** Of the time that a batch has, a report takes this at most. */
const share = 1 / 4

/** Says, once for each generation that readers see, that a deployment writes only such as they see no more. */
const reportIfUnseen = Effect.fnUntraced(function* (alias: string, found: ReadonlyArray<Found>, reported: Set<string>) {
  const [first] = found
  if (first === undefined || found.some(({ generation }) => generation.isLive)) return
  const { live } = first
  const left = found.find(
    ({ generation }) => generation.number < live.number || generation.state.promotedAt !== undefined
  )
  if (left === undefined || reported.has(live.meta.writeAlias)) return
  reported.add(live.meta.writeAlias)
  const other = otherSource(live, tableOf(left.generation))
  const cure =
    other === undefined
      ? `deploy the definition of ${live.index} (${live.state.current}) too`
      : `${live.index} is made from ${other}, in the place of ${tableOf(left.generation)}; ` +
        "take this event source away once nobody needs the way back"
  yield* Effect.logError(
    `readers of "${alias}" see ${live.index}, but this deployment writes ${left.generation.index} alone: what it ` +
      `acknowledges they don't see; ${cure}`
  )
})
