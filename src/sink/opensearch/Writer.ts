/**
 * Writes patches in rounds, each optimistic: gather what the index has, apply the patch, write on the condition that
 * nobody else wrote. What is refused by that condition, or by a passing trouble, goes into the next round.
 */
import { Clock, Data, Duration, Effect, type Schedule } from "effect"
import type * as Patch from "../../fold/Patch.ts"
import type { Origin, Outcome } from "../Sink.ts"
import { cut } from "./bulk.ts"
import { gather, type Pending, type Ready } from "./gather.ts"
import type { Generations } from "./Generations.ts"
import type { KnownDocuments } from "./known.ts"
import { Budget } from "./retry.ts"
import { send, type Sent } from "./send.ts"
import { step } from "./step.ts"
import { Transport } from "./Transport.ts"

export interface Options {
  readonly generations: Generations
  readonly known: KnownDocuments
  readonly retry: Schedule.Schedule<unknown, unknown>
  readonly tombstonesKeptFor: Duration.Duration
  readonly requestBytesMax: number
  readonly requestsMax: number
}

/** Something is to be tried again. */
class Again extends Data.TaggedError("Again")<{}> {}

/** One call's books: an outcome for each patch, and the conflicts seen. */
interface Books {
  readonly outcomes: Array<Outcome | undefined>
  conflicts: number
}

/** From this share of refused writes on, documents are read first instead of written on what this process knows. */
const conflictShareMax = 0.2

/** How much one write counts in that share: the last hundred or so decide. */
const conflictWeight = 0.01

/** Patches prepared and sent together; while one group waits for its answer the next is prepared. */
const groupMax = 250

/** Makes `write`. One writer keeps what it learns from call to call: known documents, and how often others interfere. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const { generations, known } = options
  const transport = yield* Transport
  let conflictShare = 0

  /** What one action's answer means for its patch; gives back whether it is to be tried again. */
  const conclude = (write: Write, sent: Sent, { outcomes }: Books): boolean => {
    const { document, pending, target } = write
    const isConflict = sent._tag === "Conflict"
    conflictShare += ((isConflict ? 1 : 0) - conflictShare) * conflictWeight
    if (sent._tag === "Accepted") {
      const { primaryTerm, seqNo } = sent
      if (seqNo !== undefined && primaryTerm !== undefined) {
        known.put(target.writeAlias, pending.patch.id, { document, seqNo, primaryTerm })
      }
      outcomes[pending.index] = { _tag: "Written" }
      return false
    }
    if (sent._tag === "Refused" || sent._tag === "TooLarge") {
      outcomes[pending.index] = { _tag: "Refused", reason: sent.reason }
      return false
    }
    if (sent._tag === "IndexMissing") generations.forget(pending.patch.shape)
    pending.mustRead = true
    pending.reason = "reason" in sent ? sent.reason : "others keep writing the document first"
    return true
  }

  type Write = Extract<ReturnType<typeof prepare>[number], object>

  /** The writes that ready patches come to; what needs none has its outcome. */
  const prepare = (ready: ReadonlyArray<Ready>, now: number, { outcomes }: Books) => {
    const horizon = now - Duration.toMillis(options.tombstonesKeptFor)
    return ready.flatMap(({ pending, seen, target }) => {
      const next = step(seen?.document, pending.patch, { now, horizon, createdAt: target.meta.createdAt })
      if (next._tag === "Write") {
        const { document, text } = next
        return [{ pending, target, seen, document, text, writeAlias: target.writeAlias, id: pending.patch.id }]
      }
      if (seen !== undefined) known.put(target.writeAlias, pending.patch.id, seen)
      outcomes[pending.index] = next
      return []
    })
  }

  /** One round over the open patches; gives back those to be tried again. */
  const round = Effect.fnUntraced(function* (
    open: ReadonlyArray<Pending>,
    origins: ReadonlyArray<Origin>,
    books: Books
  ) {
    const trusting = conflictShare < conflictShareMax
    const { ready, retry, unsettled } = yield* gather(generations, known, open, origins, trusting)
    for (const [pending, reason] of unsettled) books.outcomes[pending.index] = { _tag: "Unsettled", reason }
    const again = retry.map(([pending, reason]) => Object.assign(pending, { reason }))
    const writes = prepare(ready, yield* Clock.currentTimeMillis, books)
    yield* send(transport, writes, options.requestBytesMax, (index, sent) => {
      if (sent._tag === "Conflict") books.conflicts++
      if (conclude(writes[index]!, sent, books)) again.push(writes[index]!.pending)
    })
    return again
  })

  const writeGroup = Effect.fnUntraced(function* (
    group: ReadonlyArray<Pending>,
    origins: ReadonlyArray<Origin>,
    books: Books,
    until: number
  ) {
    const left = Math.max(0, until - (yield* Clock.currentTimeMillis))
    let open = group
    const oneRound = Effect.gen(function* () {
      open = yield* round(open, origins, books)
      if (open.length > 0) return yield* new Again()
    })
    yield* oneRound.pipe(
      Effect.retry({ schedule: options.retry, while: (error) => error._tag === "Again" }),
      Effect.catchTag("Again", () => Effect.void),
      Effect.timeoutOption(Duration.millis(left))
    )
    for (const { index, reason } of open) books.outcomes[index] ??= { _tag: "Unsettled", reason }
  })

  return Effect.fnUntraced(function* (patches: ReadonlyArray<Patch.Patch>, origins: ReadonlyArray<Origin>) {
    const books: Books = { outcomes: patches.map(() => undefined), conflicts: 0 }
    const reason = "the time budget ended before OpenSearch answered"
    const pending = patches.map((patch, index): Pending => ({ index, patch, mustRead: false, reason }))
    const groups = cut(pending, () => 1, Number.POSITIVE_INFINITY, groupMax)
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
    const concurrency = options.requestsMax
    yield* Effect.forEach(groups, (group) => writeGroup(group, origins, books, until), { concurrency, discard: true })
    return { outcomes: books.outcomes as ReadonlyArray<Outcome>, conflicts: books.conflicts }
  })
})
