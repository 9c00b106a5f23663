/** Sends bulk requests and says what each action's answer means. Requests are cut by bytes, and halved when refused. */
import { Clock, Effect, Result } from "effect"
import { groupBy } from "../../groupBy.ts"
import type { SinkError } from "../Sink.ts"
import * as answer from "./answer.ts"
import { cut } from "../../cut.ts"
import { type Action, lines } from "./bulk.ts"
import { ofFailure } from "./connection.ts"
import { misconfigured } from "./errors.ts"
import type { FieldNames } from "./fieldNames.ts"
import type { RefreshLimiter } from "./RefreshLimiter.ts"
import type { Response, Transport, TransportError } from "./Transport.ts"

/** The outcome of an action. Sequence number and primary term are those of the document as it was written. */
export type Sent = answer.Verdict & { readonly seqNo?: number | undefined; readonly primaryTerm?: number | undefined }

const actionsMax = 1000

/** A UTF-16 unit is three bytes of UTF-8 at most. */
const bytesOfUnit = 3

/**
 * The time for which OpenSearch may wait for a shard whose primary is away. Its own minute is longer than most time
 * budgets, and while it lasts the whole request has no answer, for documents on healthy shards neither; with this each
 * item of such a shard is answered with a 500 or 503 (seen: node_not_connected_exception), and the retry policy does
 * the waiting. It is no limit on the writing itself: a primary that can't reach a copy, nor a cluster manager to be rid
 * of it, does not answer at all (seen: for over a minute), and there the time budget ends the request.
 */
const shardWait = "timeout=1s"

const parts = "errors,items.*.status,items.*.result,items.*._seq_no,items.*._primary_term,items.*.error,error,status"

/**
 * The alias stands here and not in each action: the server looks it up once (measured: a tenth less of its time). With
 * `require_alias` a late writer does not make a deleted generation anew.
 */
const pathOf = (writeAlias: string) =>
  `/${encodeURIComponent(writeAlias)}/_bulk?require_alias=true&${shardWait}&filter_path=${parts}`

/** An action as it is sent, and its place. */
interface Written {
  readonly index: number
  readonly writeAlias: string
  readonly refreshEvery: number | undefined
  readonly text: string
  readonly bytes: number
  readonly fields: FieldNames
}

/** The means of sending. */
interface Means {
  readonly transport: typeof Transport.Service
  readonly refreshes: RefreshLimiter
  readonly requestBytesMax: number
}

type Settle = (index: number, sent: Sent) => void

/**
 * Sends actions, one request after the other; calls `settle` with each action's place and answer as requests come back.
 * Fails where OpenSearch refuses us as things are set up.
 */
export const send = (means: Means, actions: ReadonlyArray<Action>, settle: Settle): Effect.Effect<void, SinkError> => {
  const { requestBytesMax } = means
  const texts = actions.map(lines)
  const units = texts.reduce((sum, { length }) => sum + length, 0)
  // Counting bytes costs as much as sending them; where all fit whatever the characters, their number will do.
  const bytesOf = units * bytesOfUnit <= requestBytesMax ? (text: string) => text.length : Buffer.byteLength
  const written = actions.map(({ fields, refreshEvery, writeAlias }, index): Written => {
    const text = texts[index]!
    return { index, writeAlias, refreshEvery, text, bytes: bytesOf(text), fields }
  })
  const requests = [...groupBy(written, ({ writeAlias }) => writeAlias).values()].flatMap((own) =>
    cut(own, ({ bytes }) => bytes, requestBytesMax, actionsMax)
  )
  return Effect.forEach(requests, (request) => sendOne(means, request, settle), { discard: true })
}

const sendOne: (means: Means, request: ReadonlyArray<Written>, settle: Settle) => Effect.Effect<void, SinkError> =
  Effect.fnUntraced(function* (means, request, settle) {
    const { transport } = means
    const result = yield* post(means, request)
    const verdict =
      result._tag === "Failure"
        ? ofFailure(result.failure.message, transport.node)
        : answer.ofResponse(result.success.status, result.success.text)
    if (verdict._tag === "Misconfigured") return yield* misconfigured(transport.node, verdict.reason)
    if (result._tag === "Failure" || verdict._tag !== "Accepted") {
      if ((verdict._tag === "TooLarge" || verdict._tag === "Refused") && request.length > 1) {
        const half = request.length >> 1
        yield* sendOne(means, request.slice(0, half), settle)
        return yield* sendOne(means, request.slice(half), settle)
      }
      for (const { index } of request) settle(index, verdict)
      return
    }
    const items = answer.itemsOf(result.success.text, request.length)
    if (items === undefined) {
      for (const { index } of request) settle(index, { _tag: "Transient", reason: "the answer was cut off" })
      return
    }
    for (const [i, item] of items.entries()) {
      const { fields, index } = request[i]!
      const verdict = answer.ofItem(item, fields)
      if (verdict._tag === "Misconfigured") return yield* misconfigured(transport.node, verdict.reason)
      settle(index, { ...verdict, seqNo: item._seq_no, primaryTerm: item._primary_term })
    }
  })

/**
 * The answer to a request, or why there is none. Where it asks for a refresh and is not taken, it is sent again
 * without, now or by the sink's retries, and nobody asks for a while: a refresh that fails changes no outcome. A role
 * that may write needs no right to refresh for it (tried).
 */
const post = Effect.fnUntraced(function* (
  { refreshes, transport }: Means,
  request: ReadonlyArray<Written>
): Effect.fn.Return<Result.Result<Response, TransportError>> {
  const { refreshEvery, writeAlias } = request[0]!
  const body = request.map(({ text }) => text).join("")
  const path = pathOf(writeAlias)
  const send = (path: string) => Effect.result(transport.request({ method: "POST", path, body }))
  const now = yield* Clock.currentTimeMillis
  const mayAsk = transport.isServerless !== true
  if (!mayAsk || !refreshes.take(writeAlias, refreshEvery, request.length, now)) return yield* send(path)
  const pause = Effect.map(Clock.currentTimeMillis, (now) => refreshes.pause(now))
  const result = yield* Effect.onInterrupt(send(`${path}&refresh=true`), () => pause)
  const status = Result.isSuccess(result) ? result.success.status : undefined
  if (status === 413 || (status !== undefined && status < 300)) return result
  yield* pause
  return status === undefined || status === 429 || status >= 500 ? result : yield* send(path)
})
