/**
 * {@link StoredDocuments} over OpenSearch.
 *
 * All documents of an index are read by a scroll in the order of the index. A point in time would be kinder to the
 * server, but 1.3 does not have it, and without `_shard_doc` (which is newer still) its pages can't be told apart over
 * several shards; paging by `_id` loads all ids into the server's memory. OpenSearch Serverless has no scroll.
 */
import { Duration, Effect, Layer, Schedule } from "effect"
import type { Shape } from "../define/Shape.ts"
import * as source from "../fold/source.ts"
import { SinkError, Unreachable } from "../sink/Sink.ts"
import * as answer from "../sink/opensearch/answer.ts"
import * as Generations from "../sink/opensearch/Generations.ts"
import * as indices from "../sink/opensearch/indices.ts"
import { Transport } from "../sink/opensearch/Transport.ts"
import { type Stored, StoredDocuments } from "./StoredDocuments.ts"

export interface Options {
  /** Put before each aggregate's name to make its alias. Defaults to none. */
  readonly aliasPrefix?: string
  /** Documents on a page. Defaults to 200. */
  readonly pageMax?: number
}

export const layer = ({ aliasPrefix = "", pageMax = 200 }: Options = {}): Layer.Layer<
  StoredDocuments,
  never,
  Transport
> =>
  Layer.effect(
    StoredDocuments,
    Effect.gen(function* () {
      const transport = yield* Transport
      const generations = Generations.make({ aliasPrefix, checkEvery: Duration.seconds(60) })
      const here = <A, E>(effect: Effect.Effect<A, E, Transport>) => Effect.provideService(effect, Transport, transport)
      const target = (shape: Shape) => here(patiently(generations.target(shape, [])))
      // What is remembered for a minute may be older than what this process has noted itself.
      const targetNow = (shape: Shape) => Effect.suspend(() => (generations.forget(shape), target(shape)))
      return StoredDocuments.of({
        generation: (shape) =>
          Effect.map(targetNow(shape), ({ index, meta, writeAlias }) => {
            const { createdAt, filled, source } = meta
            return { name: index, writeAlias, filled, createdAt, source }
          }),
        markFilled: (shape) =>
          Effect.flatMap(target(shape), ({ index }) =>
            here(patiently(markFilled(aliasPrefix + shape.aggregate.name, index)))
          ),
        read: (shape, ids) =>
          Effect.flatMap(target(shape), ({ writeAlias }) => here(patiently(read(shape, writeAlias, ids)))),
        each: Effect.fnUntraced(function* (shape, onPage) {
          const { index } = yield* target(shape)
          yield* Effect.acquireUseRelease(
            here(patiently(firstPage(index, pageMax))),
            Effect.fnUntraced(function* (first) {
              let page = first
              while (page.hits.length > 0) {
                yield* onPage(page.hits.map(({ _id, _source }) => stored(shape, _id, _source)))
                // Not asked again where it fails: the server may have gone on, and a page would be missed.
                page = yield* here(nextPage(index, page.scroll))
              }
            }),
            ({ scroll }) => here(Effect.ignore(indices.ask("DELETE", "/_search/scroll", { scroll_id: scroll })))
          )
        })
      })
    })
  )

/** Asks again what failed in passing: 6 more times, in about 20 seconds. */
const patiently = <A, R>(effect: Effect.Effect<A, SinkError, R>) =>
  Effect.retry(effect, {
    while: ({ reason }) => reason.isRetryable,
    schedule: Schedule.exponential("300 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 6 }))
  })

const markFilled = Effect.fnUntraced(function* (alias: string, index: string) {
  // As it is now: what is remembered may be older than what other writers noted in it.
  const own = (yield* indices.list(alias)).find((generation) => generation.index === index)
  if (own !== undefined && !own.meta.filled) yield* indices.putMeta(index, { ...own.meta, filled: true })
})

const stored = (shape: Shape, id: string, found: Stored["source"]): Stored => ({
  id,
  document: source.parse(shape, id, found),
  source: found
})

interface Hit {
  readonly _id: string
  readonly found?: boolean
  readonly _source?: Stored["source"]
  readonly error?: unknown
}

const readMax = 200

const read = Effect.fnUntraced(function* (shape: Shape, writeAlias: string, ids: ReadonlyArray<string>) {
  const all = new Map<string, Stored>()
  for (let i = 0; i < ids.length; i += readMax) {
    const path = `/${encodeURIComponent(writeAlias)}/_mget?filter_path=docs._id,docs.found,docs._source,docs.error`
    const { text } = yield* indices.ask("POST", path, { ids: ids.slice(i, i + readMax) })
    const docs = (answer.parse(text) as { readonly docs?: ReadonlyArray<Hit> } | undefined)?.docs
    if (docs === undefined || docs.some(({ error }) => error !== undefined)) {
      return yield* unreachable(`documents behind "${writeAlias}" could not be read: ${text.slice(0, 200)}`)
    }
    for (const { _id, _source, found } of docs) {
      if (found === true && _source !== undefined) all.set(_id, stored(shape, _id, _source))
    }
  }
  return all
})

interface Page {
  readonly scroll: string
  readonly hits: ReadonlyArray<{ readonly _id: string; readonly _source: Stored["source"] }>
}

/** How long the server keeps a scroll from one page to the next: as long as looking at one may take. */
const keptFor = "10m"

const firstPage = Effect.fnUntraced(function* (index: string, size: number) {
  yield* indices.ask("POST", `/${encodeURIComponent(index)}/_refresh`)
  const path = `/${encodeURIComponent(index)}/_search?scroll=${keptFor}`
  return yield* page(index, indices.ask("POST", path, { size, sort: ["_doc"], query: { match_all: {} } }))
})

const nextPage = (index: string, scroll: string) =>
  page(index, indices.ask("POST", "/_search/scroll", { scroll: keptFor, scroll_id: scroll }))

const page = Effect.fnUntraced(function* <E, R>(
  index: string,
  asked: Effect.Effect<{ readonly status: number; readonly text: string }, E, R>
) {
  const { status, text } = yield* asked
  const body = answer.parse(text) as
    | { readonly _scroll_id: string; readonly hits: { readonly hits: Page["hits"] }; readonly timed_out: boolean }
    | undefined
  if (status !== 200 || body === undefined) {
    return yield* unreachable(`a search of all of ${index} was answered with ${status}: ${text.slice(0, 200)}`)
  }
  return { scroll: body._scroll_id, hits: body.hits.hits }
})

const unreachable = (message: string) => new SinkError({ reason: new Unreachable({ message }) })
