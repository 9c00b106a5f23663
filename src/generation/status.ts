/** The generations of a table's aggregates, as OpenSearch has them: what they are made for, filled with, and hold. */
import { Effect } from "effect"
import * as Definition from "../define/Definition.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import type { SinkError } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import * as indices from "../sink/opensearch/indices.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"

export interface GenerationStatus {
  readonly index: string
  /** Whether readers' alias leads to it. */
  readonly isLive: boolean
  /** Hashes of the definitions that may write it, the current one last. */
  readonly accepts: ReadonlyArray<string>
  readonly current: string
  readonly createdAt: string
  readonly filled: boolean
  readonly incomplete: string | undefined
  readonly verifiedAt: string | undefined
  readonly source: string | undefined
  /** Documents that readers see. */
  readonly live: number
  /** Documents that wait for their root. */
  readonly waiting: number
  /** Documents that hold nothing but removed rows. */
  readonly removed: number
  /** Of more documents that are not live than are looked at, `waiting` and `removed` are estimates. */
  readonly isEstimate: boolean
}

export interface Status {
  readonly alias: string
  /** The hash of the definition at hand. */
  readonly definition: string
  readonly generations: ReadonlyArray<GenerationStatus>
}

export const status = Effect.fnUntraced(function* (
  aggregates: ReadonlyArray<Aggregate.Any>,
  aliasPrefix: string
): Effect.fn.Return<ReadonlyArray<Status>, SinkError, Transport> {
  return yield* Effect.forEach(
    aggregates,
    Effect.fnUntraced(function* (aggregate) {
      const alias = aliasPrefix + aggregate.name
      const generations = yield* Effect.forEach(yield* indices.list(alias), statusOf)
      return { alias, definition: Definition.hash(Definition.describe(aggregate)), generations }
    })
  )
})

/** Documents that are not live of which it is looked up what they are. */
const hiddenMax = 1000

const statusOf = Effect.fnUntraced(function* ({ index, isLive, meta }: indices.Generation) {
  const path = encodeURIComponent(index)
  yield* indices.ask("POST", `/${path}/_refresh`)
  const live = { term: { "_sync.live": true } }
  const counted = yield* indices.ask("POST", `/${path}/_count`, { query: live })
  const { text } = yield* indices.ask("POST", `/${path}/_search`, {
    size: hiddenMax,
    track_total_hits: true,
    _source: ["_sync.kept"],
    query: { bool: { must_not: live } }
  })
  const found = answer.parse(text) as Found | undefined
  const hits = found?.hits?.hits ?? []
  const hidden = found?.hits?.total?.value ?? 0
  const waiting = hits.filter(({ _source }) => (_source?._sync?.kept?.length ?? 0) > 0).length
  const share = hits.length === 0 ? 0 : waiting / hits.length
  return {
    index,
    isLive,
    accepts: meta.accepts,
    current: meta.current,
    createdAt: iso(meta.createdAt)!,
    filled: meta.filled,
    incomplete: meta.incomplete && `${iso(meta.incomplete.at)}: ${meta.incomplete.reason}`,
    verifiedAt: iso(meta.verifiedAt),
    source: meta.source === null ? undefined : `${meta.source.tableArn}, stream of ${iso(meta.source.epoch)}`,
    live: (answer.parse(counted.text) as { readonly count?: number } | undefined)?.count ?? 0,
    waiting: Math.round(share * hidden),
    removed: hidden - Math.round(share * hidden),
    isEstimate: hidden > hits.length
  }
})

interface Found {
  readonly hits?: {
    readonly total?: { readonly value: number }
    readonly hits?: ReadonlyArray<{
      readonly _source?: { readonly _sync?: { readonly kept?: ReadonlyArray<unknown> } }
    }>
  }
}

const iso = (millis: number | undefined): string | undefined =>
  millis === undefined ? undefined : new Date(millis).toISOString()
