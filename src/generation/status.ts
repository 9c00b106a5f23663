/** The generations of a table's aggregates, as OpenSearch has them: what they are made for, filled with, and hold. */
import { Clock, Effect } from "effect"
import * as IsoTime from "../IsoTime.ts"
import * as Definition from "../define/Definition.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import type * as Table from "../define/Table.ts"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import { liveOnly } from "../sink/opensearch/indexBody.ts"
import { request } from "../sink/opensearch/request.ts"
import { closed } from "../sink/opensearch/errors.ts"
import { sourceOf } from "../sink/opensearch/generationOf.ts"
import { lastReport } from "../sink/opensearch/following.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Source } from "../sink/opensearch/Meta.ts"
import { identified, type Mark } from "../sink/opensearch/State.ts"
import { isState } from "../sink/opensearch/stateDocument.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import { eachPage, type Hit } from "../maintain/eachPage.ts"
import * as Proof from "../sink/opensearch/Proof.ts"
import { proofStatus, type ProofStatus } from "./proofStatus.ts"
import * as SyncRows from "./syncRows.ts"

export interface GenerationStatus {
  readonly index: string
  /** True where readers' alias leads to it. */
  readonly isLive: boolean
  /** Hashes of the definitions that may write it, the current one last. */
  readonly accepts: ReadonlyArray<string>
  readonly current: string
  readonly createdAt: string
  readonly filled: boolean
  /** Since when it lacks changes that were acknowledged, and why. */
  readonly incomplete: string | undefined
  /** Since when it may lack changes that nobody brings again, and why. */
  readonly verificationDue: string | undefined
  readonly verifiedAt: string | undefined
  /** The proof as `Lambda.verify` or `verify --continuous` keeps it; absent where neither ever ran. */
  readonly proof: ProofStatus | undefined
  readonly source: string | undefined
  /** The time at which a program that follows the stream last said that it writes here. */
  readonly followedAt: string | undefined
  readonly documents: Documents
}

/** Documents by what they hold. */
export interface Documents {
  /** Documents that readers see. */
  readonly live: number
  /** Documents that wait for their root, or for a row of which every state was refused. */
  readonly waiting: number
  /** Documents of which nothing is left but removed rows. */
  readonly removed: number
  /** Documents of any kind that remember removed rows. */
  readonly withTombstones: number
  /** Documents of any kind with a row whose newest state was refused: they show its last accepted state, or none. */
  readonly refused: number
  /**
   * Documents of any kind that can't be read: without a sync state, or with one that is damaged or a newer version's.
   */
  readonly unreadable: number
  /** The ones of these that are estimates, as there were more documents than were looked at; `live` never is. */
  readonly estimates: ReadonlyArray<"waiting" | "removed" | "withTombstones" | "refused" | "unreadable">
}

export interface Options {
  readonly aliasPrefix: string
  /** Tells whether every document is looked at, however many there are, and not a sample of them. Defaults to no. */
  readonly isExact?: boolean | undefined
}

export interface Status {
  readonly alias: string
  /** The hash of the definition at hand, and of the one under `previous`. */
  readonly definition: string
  readonly previous: string | undefined
  readonly generations: ReadonlyArray<GenerationStatus>
}

export const status = Effect.fnUntraced(function* (
  { aggregates, previous }: Pick<Table.Table, "aggregates" | "previous">,
  { aliasPrefix, isExact = false }: Options
): Effect.fn.Return<ReadonlyArray<Status>, SinkError, Transport> {
  return yield* Effect.forEach(
    aggregates,
    Effect.fnUntraced(function* (aggregate) {
      const alias = aliasPrefix + aggregate.name
      const generations = yield* Effect.forEach(yield* indices.list(alias), (own) => statusOf(own, isExact))
      const before = previous?.aggregates.find(({ name }) => name === aggregate.name)
      return { alias, definition: hashOf(aggregate), previous: before && hashOf(before), generations }
    })
  )
})

const hashOf = (aggregate: Aggregate.Any): string => Definition.of(aggregate).hash

const statusOf = Effect.fnUntraced(function* (generation: indices.Generation, isExact: boolean) {
  const { identity, index, isClosed, isLive, meta } = generation
  if (isClosed) return yield* closed(index)
  const now = yield* Clock.currentTimeMillis
  const state = identified(generation.state, identity, now)
  yield* indices.refresh(index)
  const count = isExact ? countAll : countSome
  const live = yield* count(index, liveOnly)
  const hidden = yield* count(index, { bool: { must_not: [liveOnly, isState] } })
  return {
    index,
    isLive,
    accepts: state.accepts,
    current: state.current,
    createdAt: IsoTime.format(meta.createdAt),
    filled: state.filled,
    incomplete: inWords(state.incomplete),
    verificationDue: inWords(state.verificationDue),
    verifiedAt: iso(state.verifiedAt),
    proof: state.proof && proofStatus(Proof.summarize(state.proof), now),
    source: sourceInWords(sourceOf({ meta, state })),
    followedAt: iso(lastReport(state)),
    documents: {
      live: live.total,
      waiting: hidden.total - hidden.empty - hidden.unreadable,
      removed: hidden.empty,
      withTombstones: live.withTombstones + hidden.withTombstones,
      refused: live.refused + hidden.refused,
      unreadable: live.unreadable + hidden.unreadable,
      estimates: [
        ...(hidden.isEstimate ? (["waiting", "removed"] as const) : []),
        ...(hidden.isEstimate || live.isEstimate ? (["withTombstones", "refused", "unreadable"] as const) : [])
      ]
    }
  }
})

const sourceInWords = (source: Source | null): string | undefined => {
  if (source === null) return undefined
  const { epoch, tableArn } = source
  return epoch === 0 ? `${tableArn}, without a stream` : `${tableArn}, stream of ${IsoTime.format(epoch)}`
}

interface Counted {
  readonly total: number
  /** Of removed rows alone. */
  readonly empty: number
  readonly withTombstones: number
  readonly refused: number
  readonly unreadable: number
  readonly isEstimate: boolean
}

/**
 * The number of documents in a sample: as many as come in one answer. They are looked at, as no index tells what rows a
 * document has.
 */
const sampleMax = 1000

/** Counts by a random sample, whose shares are taken for those of all. */
const countSome = Effect.fnUntraced(function* (index: string, query: unknown) {
  const { text } = yield* request("POST", `/${encodeURIComponent(index)}/_search`, {
    size: sampleMax,
    track_total_hits: true,
    _source: SyncRows.fields,
    query: { function_score: { query, random_score: {} } }
  })
  const { hits } = (answer.parse(text) ?? {}) as Found
  const found = hits?.hits ?? []
  const total = hits?.total?.value ?? 0
  const { empty, refused, unreadable, withTombstones } = tally(found)
  const ofAll = (part: number) => (found.length === 0 ? 0 : Math.round((total * part) / found.length))
  return {
    total,
    empty: ofAll(empty),
    withTombstones: ofAll(withTombstones),
    refused: ofAll(refused),
    unreadable: ofAll(unreadable),
    isEstimate: total > found.length
  } satisfies Counted
})

const countAll = Effect.fnUntraced(function* (index: string, query: unknown) {
  const counted = { total: 0, empty: 0, withTombstones: 0, refused: 0, unreadable: 0, isEstimate: false }
  const search = { size: sampleMax, query, _source: SyncRows.fields }
  yield* eachPage(index, search, (hits: ReadonlyArray<Hit<SyncRows.Source>>) =>
    Effect.sync(() => {
      const { empty, refused, unreadable, withTombstones } = tally(hits)
      counted.total += hits.length
      counted.empty += empty
      counted.withTombstones += withTombstones
      counted.refused += refused
      counted.unreadable += unreadable
    })
  )
  return counted satisfies Counted
})

const tally = (hits: ReadonlyArray<Hit<SyncRows.Source>>) => {
  const all = hits.flatMap(({ _source }) => SyncRows.read(_source) ?? [])
  return {
    empty: all.filter(({ present, refused }) => present + refused === 0).length,
    withTombstones: all.filter(({ removed }) => removed > 0).length,
    refused: all.filter(({ refused }) => refused > 0).length,
    unreadable: hits.length - all.length
  }
}

interface Found {
  readonly hits?: {
    readonly total?: { readonly value: number }
    readonly hits?: ReadonlyArray<Hit<SyncRows.Source>>
  }
}

const inWords = (mark: Mark | undefined): string | undefined => mark && `${IsoTime.format(mark.at)}: ${mark.reason}`

const iso = (millis: number | undefined): string | undefined =>
  millis === undefined ? undefined : IsoTime.format(millis)
