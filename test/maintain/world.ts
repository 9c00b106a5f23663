/**
 * A table in memory, its stream that is delivered when a test says so, and the simulated OpenSearch with its searches: all
 * that backfill, verification and repair touch, in one process and without a wait.
 */
import { Clock, Effect, Layer, References, Result, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { reservedId } from "../../src/decode/rowKey.ts"
import type * as Table from "../../src/define/Table.ts"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import * as openSearchProofs from "../../src/maintain/openSearchProofs.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import type { Request, Response } from "../../src/sink/opensearch/Transport.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import { ScanApi } from "../../src/source/scan/ScanApi.ts"
import { type ReadRecord, readStreamRecord } from "../../src/source/record/streamRecord.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import type { Index } from "../simulate/SimulatedIndex.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { type Interceptor, transport } from "../simulate/transport.ts"

export interface World {
  readonly table: MemoryTable.MemoryTable
  readonly server: SimulatedOpenSearch
  /** Stands between a scan and the table; tests put faults and waits here. */
  readonly api: { scan: ScanApi["Service"]["scan"]; query: ScanApi["Service"]["query"] }
  /** The stream's records that were not delivered yet; those taken are, as far as this world is concerned. */
  readonly take: (count: number) => Effect.Effect<ReadonlyArray<ReadRecord>>
  readonly layer: ReturnType<typeof layerOf>
}

export interface Options {
  readonly table?: MemoryTable.Options
  readonly aliasPrefix?: string
  readonly server?: SimulatedOpenSearch
  readonly intercept?: Interceptor
}

export const makeWorld = Effect.fnUntraced(function* (options: Options = {}): Effect.fn.Return<World> {
  // At time 0 a stream would have the epoch of none.
  if ((yield* Clock.currentTimeMillis) === 0) yield* TestClock.setTime(1_767_225_600_000)
  const table = yield* MemoryTable.make(options.table)
  const server = options.server ?? new SimulatedOpenSearch()
  const api = { scan: table.scanApi.scan, query: table.scanApi.query }
  const seen = new Set<string>()
  return {
    table,
    server,
    api,
    take: (count) =>
      Effect.map(records(table), (all) => {
        const fresh = all.filter((record) => Result.isSuccess(record) && !seen.has(placeOf(record))).slice(0, count)
        for (const record of fresh) seen.add(placeOf(record))
        return fresh
      }),
    layer: layerOf(table, server, api, options)
  }
})

/** Conflicts are tried again without a wait, which a test's clock would not end by itself. */
export const atOnce = Schedule.recurs(100)

const layerOf = (table: MemoryTable.MemoryTable, server: SimulatedOpenSearch, api: World["api"], options: Options) => {
  const aliasPrefix = options.aliasPrefix ?? ""
  const search = searching(server)
  const answering: Interceptor = (request, next) => {
    const found = search(request)
    return found === undefined ? (options.intercept?.(request, next) ?? next) : Effect.succeed(found)
  }
  return Layer.mergeAll(
    OpenSearchSink.layerTransport({ aliasPrefix, retry: atOnce }),
    openSearchDocuments.layer({ aliasPrefix, pageMax: 3 }),
    openSearchProofs.layer({ aliasPrefix, pageMax: 3 })
  ).pipe(
    Layer.provideMerge(transport(server, answering)),
    Layer.merge(
      Layer.succeed(
        ScanApi,
        ScanApi.of({
          describe: table.scanApi.describe,
          scan: (segment) => Effect.suspend(() => api.scan(segment)),
          query: (partition) => Effect.suspend(() => api.query(partition))
        })
      )
    ),
    Layer.merge(layerMemory),
    Layer.merge(layerTableReader(table)),
    Layer.merge(Layer.succeed(References.MinimumLogLevel, "Error"))
  )
}

const placeOf = (record: ReadRecord): string => {
  const { origin } = Result.getOrThrow(record)
  return origin._tag === "Stream" ? `${origin.streamArn} ${origin.sequenceNumber}` : ""
}

/** All records of all streams, in the order in which they were made within each row. */
const records = Effect.fnUntraced(function* ({ streamApi, tableName }: MemoryTable.MemoryTable) {
  const found: Array<ReadRecord> = []
  const { latest } = yield* streamApi.findStream(tableName)
  if (latest === undefined) return found
  const { shards } = yield* streamApi.describeStream(latest.streamArn)
  for (const { shardId } of shards) {
    const start = yield* streamApi.shardIterator(latest.streamArn, shardId, { _tag: "TrimHorizon" })
    // A table in memory gives a thousand records on a page, more than any test here makes.
    const page = yield* streamApi.records(start)
    for (const [i, record] of page.records.entries()) found.push(readStreamRecord(record, i, latest.streamArn))
  }
  return found
}, Effect.orDie)

/** Delivers records of the stream as a worker does. */
export const deliver = Effect.fnUntraced(function* (table: Table.Table, records: ReadonlyArray<ReadRecord>) {
  if (records.length > 0) yield* Pipeline.deliver(table, records)
})

/** Points in time, and searches in the order of writes, which the simulated server leaves to others. */
export const searching = (server: SimulatedOpenSearch) => {
  const kept = new Map<string, Index["refreshed"]>()
  let opened = 0
  return ({ body = "", method, path }: Request): Response | undefined => {
    if (!path.includes("_search")) return undefined
    if (method === "DELETE") return { status: 200, text: "{}" }
    const name = decodeURIComponent(path.split("/")[1]!)
    const index = server.indices.get(name) ?? [...server.indices.values()].find(({ aliases }) => aliases.has(name))
    if (index !== undefined && path.includes("/_search/point_in_time")) {
      const id = `point-${opened++}`
      kept.set(id, new Map(index.refreshed))
      return { status: 200, text: JSON.stringify({ pit_id: id }) }
    }
    const search = body === "" ? {} : JSON.parse(body)
    const documents = index?.refreshed ?? kept.get(search.pit?.id)
    return documents && search.sort?.[0]?._seq_no && inWriteOrder(documents, search)
  }
}

const inWriteOrder = (documents: Index["refreshed"], search: any): Response => {
  const { query, search_after: [after = -1] = [], size, sort } = search
  const { gte = 0, lt = Number.POSITIVE_INFINITY } = query?.bool?.filter?.[0]?.range?._seq_no ?? {}
  const asked = JSON.stringify(query) ?? ""
  const hits = [...documents].flatMap(([_id, { primaryTerm: _primary_term, seqNo: _seq_no, text }]) => {
    const _source = JSON.parse(text)
    const isLive = _source._sync?.live === true
    const isLiveMeant = !asked.includes("_sync.live") || isLive !== asked.includes("must_not")
    const isWithin = _seq_no > after && _seq_no >= gte && _seq_no < lt
    const isMeant = isLiveMeant && isWithin && (query === undefined || _id !== reservedId)
    return isMeant ? [{ _id, _seq_no, _primary_term, _source, sort: [_seq_no] }] : []
  })
  const sign = sort[0]._seq_no === "asc" ? 1 : -1
  const page = hits.toSorted((a, b) => sign * (a._seq_no - b._seq_no)).slice(0, size)
  return { status: 200, text: JSON.stringify({ _shards: { failed: 0 }, hits: { hits: page } }) }
}

/** What is stored in an index, by id. */
export const stored = (server: SimulatedOpenSearch, index: string): Map<string, any> =>
  new Map(
    [...server.indices.get(index)!.documents].flatMap(([id, { text }]) =>
      id === reservedId ? [] : [[id, JSON.parse(text)] as const]
    )
  )

/** What readers see in an index: the live documents without the sync state. */
export const visible = (server: SimulatedOpenSearch, index: string): { readonly [id: string]: unknown } =>
  Object.fromEntries(
    [...stored(server, index)].flatMap(([id, { _sync, ...fields }]) => (_sync.live ? [[id, fields] as const] : []))
  )
