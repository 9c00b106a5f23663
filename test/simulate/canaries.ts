/**
 * Deliberately broken versions of what the simulation tests, each made without a hook in `src`: by altering what goes
 * into the real parts or comes out of them. The simulation must notice every one.
 */
import { Effect, Layer, Stream } from "effect"
import type { Request, Response } from "../../src/sink/opensearch/Transport.ts"
import { type Outcome, Sink } from "../../src/sink/Sink.ts"
import { isBulk, isState, isWrite, pairsOf, withPairs } from "./requests.ts"
import type { WorkerParts } from "./Worker.ts"

type Pair = readonly [action: string, document: string]

/** Alters the writes that `isMeant` tells, pair by pair. */
const rewriting = (isMeant: (request: Request) => boolean, change: (pair: Pair) => Pair): WorkerParts => ({
  request: (request) => (isMeant(request) ? withPairs(request, pairsOf(request).map(change)) : request)
})

const isStateWrite = (request: Request): boolean => isBulk(request) && isState(request)

/** The action on whatever the index has. */
const withoutCondition = ([action, document]: Pair): Pair => {
  const { _id } = Object.values<any>(JSON.parse(action))[0]
  return [JSON.stringify({ index: { _id } }), document]
}

/** A sink that writes otherwise. */
const writing = (change: (write: Sink["Service"]["write"]) => Sink["Service"]["write"]): WorkerParts => ({
  sink: (layer) =>
    Layer.provide(
      Layer.effect(
        Sink,
        Effect.map(Sink, (sink) => Sink.of({ ...sink, write: change(sink.write) }))
      ),
      layer
    )
})

/** A sink whose outcomes look as `see` makes them look. */
const ending = (see: (outcome: Outcome) => Outcome): WorkerParts =>
  writing(
    (write) => (patches, origins) =>
      Stream.map(write(patches, origins), (settled) => ({ ...settled, outcome: see(settled.outcome) }))
  )

/** A sink that writes whatever the index has: the conditions never reach the server. */
const unconditional = rewriting(isWrite, withoutCondition)

/** A reducer that forgets removed rows instead of remembering that they were removed. */
const forgetful = rewriting(isWrite, ([action, document]) => [action, withoutTombstones(document)])

const withoutTombstones = (text: string): string => {
  const document = JSON.parse(text)
  const [head, ...versions] = document._sync.versions.split(" ") as [string, ...Array<string>]
  const isLive = versions.map((version) => !version.includes("T"))
  let at = 0
  const rows = document._sync.rows.map(([field, keys]: [string, ReadonlyArray<string>]) => [
    field,
    keys.filter(() => isLive[at++])
  ])
  const left = versions.filter((_, i) => isLive[i])
  return JSON.stringify({ ...document, _sync: { ...document._sync, rows, versions: [head, ...left].join(" ") } })
}

/** A handler that says that all is settled, whatever came of it. */
const acknowledging: WorkerParts = { response: () => ({ batchItemFailures: [] }) }

/**
 * Generations made anew get the write alias of the one before, so what a worker knows of that one is taken for true.
 */
const sameWriteAlias: WorkerParts = { random: { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 1 } }

/** Versions without the stream's epoch: all streams and scans of the table speak under one label. */
const withoutEpoch: WorkerParts = { label: (label) => "2026-08-01T00:00:00.000" + (label.endsWith("Z") ? "Z" : "") }

/** What the time budget left open is taken for refused, as if an answer that was lost had been a no. */
const givingUp = ending((outcome) =>
  outcome._tag === "Unsettled"
    ? { _tag: "Refused", refusals: [{ rowKey: undefined, reason: outcome.reason }] }
    : outcome
)

/** A sink that takes for stored whatever it knows: what the server says of a known document never reaches it. */
const remembering = (): WorkerParts => {
  const written = new Map<string, object>()
  return {
    answer: (request, response) => {
      const place = request.path.split("/")[1]
      if (isWrite(request)) {
        for (const { _id, _primary_term, _seq_no } of itemsOf(response)) {
          if (_seq_no !== undefined) written.set(`${place} ${_id}`, { _seq_no, _primary_term })
        }
      }
      if (!request.path.includes("_mget?_source=false") || response.status !== 200) return response
      const ids: ReadonlyArray<string> = JSON.parse(request.body!).ids
      const docs = ids.map((_id) => ({ _id, found: true, ...written.get(`${place} ${_id}`) }))
      return { status: 200, text: JSON.stringify({ docs }) }
    }
  }
}

const itemsOf = ({ text }: Response): ReadonlyArray<any> => {
  try {
    return JSON.parse(text).items?.map((item: object) => Object.values(item)[0]) ?? []
  } catch {
    return []
  }
}

/** A sink that sees each item of a bulk answer as `see` makes it look. */
const seeing = (see: (item: any) => object): WorkerParts => ({
  answer: (request, response) =>
    isWrite(request) && itemsOf(response).length > 0
      ? { ...response, text: JSON.stringify({ items: itemsOf(response).map((item) => ({ index: see(item) })) }) }
      : response
})

const written = { status: 200, result: "updated", _seq_no: 0, _primary_term: 1 }

/** A document that a pipeline dropped is taken for written. */
const trusting = seeing((item) => (item.result === "noop" ? { ...item, ...written } : item))

/** What a closed index refuses is taken for written. */
const overlooking = seeing((item) => (item.error?.type === "index_closed_exception" ? written : item))

/** What a blocked index refuses is taken for the document's fault. */
const blaming = seeing((item) =>
  item.error?.type === "cluster_block_exception"
    ? { status: 400, error: { ...item.error, type: "mapper_parsing_exception" } }
    : item
)

/** An index is made as templates have it, and nobody looks at what they made of it. */
const unchecked: WorkerParts = {
  request: (request) => {
    if (request.method !== "PUT" || !/^\/[^/]+$/.test(request.path)) return request
    const { aliases, mappings } = JSON.parse(request.body!)
    const { _routing, _source, ...rest } = mappings
    return { ...request, body: JSON.stringify({ aliases, mappings: rest }) }
  },
  answer: (request, response) => {
    if (request.method !== "GET" || response.status !== 200) return response
    try {
      const described = Object.entries<any>(JSON.parse(response.text)).map(
        ([name, { aliases, mappings, settings }]) => {
          const { _routing, _source, ...rest } = mappings
          const { history, uuid, verified_before_close } = settings.index
          return [name, { aliases, mappings: rest, settings: { index: { history, uuid, verified_before_close } } }]
        }
      )
      return { status: 200, text: JSON.stringify(Object.fromEntries(described)) }
    } catch {
      return response
    }
  }
}

/** A generation's state never has this mark. */
const stateWithout = (mark: "incomplete" | "verificationDue"): WorkerParts =>
  rewriting(isStateWrite, ([action, text]) => {
    const { _sync: sync } = JSON.parse(text)
    const { [mark]: _, ...state } = sync.state
    return [action, JSON.stringify({ _sync: { ...sync, state } })]
  })

/** A generation's state never says that a verification is due. */
const unmarked = stateWithout("verificationDue")

/** Records of any table are taken for the table's own. */
const indifferent = writing(
  (write) => (patches, origins) =>
    write(
      patches,
      origins.map((origin) => ({ ...origin, tableArn: "arn:aws:dynamodb:memory:000000000000:table/shop" }))
    )
)

/** A generation's state is written whatever stands there by now. */
const stateUnconditional = rewriting(isStateWrite, withoutCondition)

/** What is left out of a generation leaves no mark on it. */
const unmarking = stateWithout("incomplete")

/** A definition that may not be written is taken for written. */
const unwritten = ending((outcome) =>
  outcome._tag === "Unsettled" && outcome.reason.includes(" was dropped") ? { _tag: "Written" } : outcome
)

/** A `tail` that acknowledges what is only on its way: its checkpoint is saved before the write. */
const hasty: WorkerParts = { tail: (delivery) => Effect.as(Effect.forkDetach(delivery), { unacknowledged: [] }) }

export const canaries = {
  unconditional,
  forgetful,
  acknowledging,
  sameWriteAlias,
  withoutEpoch,
  givingUp,
  remembering: remembering(),
  trusting,
  overlooking,
  blaming,
  unchecked,
  unmarked,
  indifferent,
  stateUnconditional,
  unmarking,
  unwritten,
  hasty
}
