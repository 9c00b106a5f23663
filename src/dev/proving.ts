/** Everything compared with the table; and dead letters worked off. */
import { Clock, Effect } from "effect"
import { ActionError, because } from "../console/Actions.ts"
import type { Counted } from "../console/DeadLetterCounts.ts"
import type { Opened } from "../console/open.ts"
import type * as requests from "../console/requests.ts"
import { redrive as send } from "../maintain/redrive.ts"
import { verify } from "../maintain/verify.ts"
import type { DeadLetter } from "../sink/deadletter/DeadLetters.ts"
import type { Current } from "./Follower.ts"

/** A change takes far less than this to its document, unless the stream is held back. */
const settle = "2 seconds"

const findingsMax = 50

/** Compares table and index both ways. */
export const prove = Effect.fnUntraced(function* (
  { view }: Opened,
  { context, table }: Current,
  tableName: string
): Effect.fn.Return<requests.ProveAnswer, ActionError> {
  const begun = yield* Clock.currentTimeMillis
  const report = yield* verify(table, { tableName, settle, segments: 1, namedMax: findingsMax }).pipe(
    Effect.timeout("2 minutes"),
    Effect.provide(context),
    Effect.mapError((error) =>
      error._tag === "TimeoutError"
        ? new ActionError({ message: "it could not be compared in two minutes" })
        : because(error)
    )
  )
  const { counts, documents, drift, named, restless, rows } = report
  const at = yield* Clock.currentTimeMillis
  const isRight = drift === 0 && restless === 0
  const { refused } = counts
  const but = refused === 0 ? "" : `, but for ${refused === 1 ? "1 row that is" : `${refused} rows that are`} refused`
  const all = documents === 1 ? "the one document is" : `all ${documents} documents are`
  const differs = drift === 0 ? `${restless} of them change all the time` : `they differ in ${drift} places`
  const proof: requests.ProveAnswer = {
    isRight,
    message: isRight
      ? `${all} what the ${rows === 1 ? "one row" : `${rows} rows`} of the table say${rows === 1 ? "s" : ""}${but}`
      : `${documents} documents and ${rows} rows were compared: ${differs}`,
    rows,
    documents,
    refused,
    drift,
    findings: named.map(({ aggregate, fields, id, key, kind, reason }) => {
      return { kind, aggregate, id, key, fields, reason: reason ?? null }
    }),
    at,
    took: at - begun
  }
  view.set({ proof })
  return proof
})

/** Reads the rows of dead letters again; those that are settled are gone. */
export const redrive = Effect.fnUntraced(function* (
  { view }: Opened,
  { context, deadLetters, table }: Current
): Effect.fn.Return<requests.RedriveAnswer, ActionError> {
  const all = [...deadLetters.values()]
  const answers = yield* send(
    table,
    all.map((deadLetter) => ({ _tag: "DeadLetter", deadLetter }) as const)
  ).pipe(Effect.provide(context), Effect.mapError(because))
  for (const [i, { isSettled }] of answers.entries()) if (isSettled) deadLetters.delete(all[i]!.id)
  view.setDeadLetters(countedOf(deadLetters.values()))
  const left = deadLetters.size
  const redriven = all.length - left
  const rest = left === 0 ? "none is left" : `${left} stay, as their rows are as they were`
  return { redriven, left, message: `${redriven} of ${all.length} dead letters are settled; ${rest}` }
})

export const countedOf = (deadLetters: Iterable<DeadLetter>): ReadonlyArray<Counted> =>
  [...deadLetters].flatMap(({ aggregate = null, reason, rows }) =>
    rows.map(({ key = "" }) => ({ aggregate: aggregate ?? null, reason, key }))
  )
