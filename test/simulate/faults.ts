/**
 * How one request to OpenSearch can go wrong. By swarm: each seed turns about half of the kinds off and gives the
 * others wildly different weights, so that faults also come in combinations which an even mix would never show.
 */
import { Effect } from "effect"
import { type Request, type Response, TransportError } from "../../src/sink/opensearch/Transport.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import { handle, isBulk, lengthOf, only } from "./requests.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"

/**
 * What the server makes of a request, and what comes back; `late` is a request that arrives long after it was given up.
 */
export type Fate =
  | { readonly _tag: "Answered"; readonly response: Response }
  | { readonly _tag: "Lost" }
  | { readonly _tag: "Hangs" }
  | { readonly _tag: "Late"; readonly after: number }

type Fault = (server: SimulatedOpenSearch, request: Request, random: SeededRandom) => Fate

const answered = (status: number, text: string): Fate => ({ _tag: "Answered", response: { status, text } })
/** No request arrives later than this, in milliseconds. */
export const latest = 30_000

const lost: Fate = { _tag: "Lost" }
const hangs: Fate = { _tag: "Hangs" }

const error = (type: string, reason: string | null, status: number) =>
  JSON.stringify({ error: { type, reason }, status })

const pages = ["", "<html><body><h1>Bad gateway</h1></body></html>", "upstream connect error", '{"message":null}']

/**
 * Some actions of a bulk request fail with this error, the others are carried out; `isDone` says that those are too.
 */
const someItems =
  (status: number, errors: ReadonlyArray<unknown>, isDone = false): Fault =>
  (server, request, random) => {
    if (!isBulk(request)) return { _tag: "Answered", response: handle(server, request) }
    const items = Array.from({ length: lengthOf(request) }, (_, i) => {
      const fails = random.chance(0.5)
      const done = fails && !isDone ? undefined : JSON.parse(handle(server, only(request, i)).text).items?.[0]
      if (done === undefined || (fails && Object.values<any>(done)[0].status < 300)) {
        return { index: { status, error: random.pick(errors) } }
      }
      return done
    })
    return answered(200, JSON.stringify({ errors: true, items }))
  }

export const faults = {
  "429 whole": (_, __, random) =>
    answered(429, random.pick([...pages, error("rejected_execution_exception", null, 429)])),
  "429 items": someItems(429, [
    { type: "rejected_execution_exception", reason: null },
    "EsRejectedExecutionException[queue is full]"
  ]),
  "5xx, nothing done": (_, __, random) => answered(random.pick([500, 502, 503, 504]), random.pick(pages)),
  "5xx, all done": (server, request, random) => {
    handle(server, request)
    return answered(random.pick([500, 502, 503, 504]), random.pick(pages))
  },
  "500 items": someItems(500, [{ type: "null_pointer_exception", reason: null }, { reason: "no type" }]),
  "503 items, all done": someItems(503, [{ type: "unavailable_shards_exception", reason: "primary is gone" }], true),
  "lost request": () => lost,
  "lost answer": (server, request) => {
    handle(server, request)
    return lost
  },
  "late request": (_, __, random) => ({ _tag: "Late", after: Math.round(random.wild(100, latest)) }),
  hang: (server, request, random) => {
    if (random.chance(0.5)) handle(server, request)
    return hangs
  },
  "truncated answer": (server, request, random) => {
    const { status, text } = handle(server, request)
    return answered(status, text.slice(0, random.below(text.length)))
  },
  "short answer": (server, request) => {
    const { status, text } = handle(server, request)
    const body = JSON.parse(text)
    for (const list of [body.items, body.docs]) list?.pop()
    return answered(status, JSON.stringify(body))
  },
  "403 block": () => answered(403, error("cluster_block_exception", "index read-only / allow delete", 403)),
  "403 block of items": someItems(403, [{ type: "cluster_block_exception", reason: "blocked by: [FORBIDDEN/8]" }]),
  "read fails": (server, request) => {
    const { status, text } = handle(server, request)
    if (!request.path.includes("/_mget") || status !== 200) return answered(status, text)
    const docs = JSON.parse(text).docs.map(({ _id }: { _id: string }, i: number) => {
      return i % 2 === 0 ? { _id, error: { type: "no_shard_available_action_exception", reason: null } } : { _id }
    })
    return answered(200, JSON.stringify({ docs }))
  }
} satisfies { readonly [kind: string]: Fault }

export type Kind = keyof typeof faults

/** The seed's mix of faults: how likely a request meets any, and which. */
export class Mix {
  readonly weights: ReadonlyArray<readonly [Kind, number]>
  private readonly share: number
  private readonly total: number

  constructor(random: SeededRandom) {
    const on = (Object.keys(faults) as Array<Kind>).filter(() => random.chance(0.5))
    this.weights = on.map((kind) => [kind, random.wild(0.01, 1)] as const)
    this.total = this.weights.reduce((sum, [, weight]) => sum + weight, 0)
    this.share = random.pick([0, 0.03, 0.1, 0.3, 0.7])
  }

  /** The fault of the next request, if it meets one. */
  draw(random: SeededRandom): Kind | undefined {
    if (!random.chance(this.share)) return undefined
    let at = random.next() * this.total
    return this.weights.find(([, weight]) => (at -= weight) < 0)?.[0]
  }
}

/** What a client makes of a fate: an answer, a broken connection, or nothing for ever. */
export const outcome = (fate: Fate, random: SeededRandom): Effect.Effect<Response, TransportError> => {
  if (fate._tag === "Answered") return Effect.succeed(fate.response)
  if (fate._tag === "Hangs") return Effect.never
  const message = random.pick(["socket hang up", "read ECONNRESET", "connect ECONNREFUSED", "Request timed out"])
  return Effect.fail(new TransportError({ message }))
}
