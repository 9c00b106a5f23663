/** The service that takes dead letters. One may be taken twice; its id tells. */
import { type Array as Arr, Clock, Context, Data, Effect } from "effect"
import type { DeadLetter } from "./DeadLetter.ts"

/** Dead letters can't be kept or fetched; the message says where and why. */
export class DeadLettersError extends Data.TaggedError("DeadLettersError")<{ readonly message: string }> {}

export class DeadLetters extends Context.Service<
  DeadLetters,
  {
    /** Takes dead letters. Gives those that it could not take, by their ids, each with the reason. */
    readonly put: (deadLetters: Arr.NonEmptyReadonlyArray<DeadLetter>) => Effect.Effect<ReadonlyMap<string, string>>
    /** True where dead letters are to hold the rows' data. */
    readonly withData: boolean
  }
>()("tablefold/sink/DeadLetters") {}

export interface Options {
  /**
   * True for dead letters that hold the rows' data, for people to look at; a redrive never uses it. Defaults to
   * `false`.
   */
  readonly withData?: boolean
}

type Put = DeadLetters["Service"]["put"]

const rememberedMax = 10_000
const rememberedFor = 3_600_000

/**
 * `put` for dead letters not taken already in the last hour. While something before them in the stream can't be
 * settled, Lambda delivers the same refused records again with each try, which must not fill a queue with one dead
 * letter.
 */
export const once = (put: Put): Put => {
  const takenAt = new Map<string, number>()
  return Effect.fnUntraced(function* (deadLetters) {
    const now = yield* Clock.currentTimeMillis
    const [first, ...rest] = deadLetters.filter(({ id }) => (takenAt.get(id) ?? -Infinity) < now - rememberedFor)
    if (first === undefined) return new Map()
    const left = yield* put([first, ...rest])
    for (const { id } of [first, ...rest]) {
      if (left.has(id)) continue
      takenAt.delete(id)
      takenAt.set(id, now)
    }
    for (const id of takenAt.keys()) {
      if (takenAt.size <= rememberedMax) break
      takenAt.delete(id)
    }
    return left
  })
}
