/**
 * Checks of generations, each remembered for a time, so that a new generation is noticed and nobody asks before each
 * write. Those for the rows of one table count for no other's.
 */
import { Clock, Duration, Effect } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { Shape } from "../../define/Shape.ts"
import * as IsoTime from "../../IsoTime.ts"
import type { SinkError } from "../Sink.ts"
import { findGeneration, type Found } from "./findGeneration.ts"
import * as indices from "./indices.ts"
import * as refreshInterval from "./refreshInterval.ts"
import type { State } from "./State.ts"

export interface Options {
  readonly aliasOf: (shape: Shape) => string
  /** The time that a check holds. */
  readonly checkEvery: Duration.Input
}

interface Checked {
  readonly found: Found
  readonly until: number
}

export const makeChecks = ({ aliasOf, checkEvery }: Options) => {
  const checked = new Map<Shape, Map<string | undefined, Checked>>()
  const followed = new Set<string>()
  let isFollower = false

  /** Keeps what was found; a check that still holds keeps its end. */
  const keep = (shape: Shape, found: Found, now: number) => {
    const own = checked.get(shape) ?? new Map<string | undefined, Checked>()
    checked.set(shape, own)
    const until = own.get(found.tableArn)?.until ?? 0
    own.set(found.tableArn, { found, until: until > now ? until : now + Duration.toMillis(checkEvery) })
  }

  /** From now on this process follows the stream. */
  const follow = (): void => void (isFollower = true)

  const forget = (shape: Shape): void => void checked.delete(shape)

  const check = Effect.fnUntraced(function* (shape: Shape, tableArn: string | undefined, now: number) {
    const known = checked.get(shape)?.get(tableArn)
    const isKnown = known !== undefined && known.until > now
    const found = isKnown ? known.found : yield* findGeneration(shape, aliasOf(shape), tableArn)
    if (!isKnown) keep(shape, found, now)
    const { generation } = found
    if (!isFollower || followed.has(generation.meta.writeAlias)) return found
    followed.add(generation.meta.writeAlias)
    yield* tellIfNew(generation, aliasOf(shape), now)
    const own = { ...found, generation: yield* refreshInterval.apply(generation, Definition.of(shape.aggregate)) }
    keep(shape, own, now)
    return own
  })

  /** Changes the state of a generation that was checked. */
  const update = Effect.fnUntraced(function* (shape: Shape, found: Found, change: (state: State) => State) {
    const forgetIfGone = ({ reason }: SinkError) =>
      Effect.sync(() => void (reason._tag === "IndexMissing" && forget(shape)))
    const next = yield* Effect.tapError(indices.update(found.generation, change), forgetIfGone)
    keep(shape, { ...found, generation: next }, yield* Clock.currentTimeMillis)
    return next
  })

  return { check, follow, forget, update }
}

/**
 * Says that a generation is new and not filled. Who made it may not know: its request's answer was lost, or its process
 * ended. So each process that follows the stream says it once that finds one within a day, as long as a stream keeps
 * its records, or that finds one into which nothing was written yet. To whoever fills or compares it, it is no news.
 */
const tellIfNew = (
  { index, meta: { createdAt }, state }: indices.Generation,
  alias: string,
  now: number
): Effect.Effect<void> => {
  const isOld = now - createdAt > Duration.toMillis(Duration.days(1))
  if (state.filled || (isOld && state.source !== null)) return Effect.void
  const at = IsoTime.format(createdAt)
  return Effect.logInfo(
    `index ${index} behind alias ${alias} was made at ${at}; if the table has older rows, a backfill is due`
  )
}
