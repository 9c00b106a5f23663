/** The sink for OpenSearch: whole documents, written on the condition that nobody else wrote meanwhile. */
import { Duration, Effect, Layer, Result, type Schedule, Stream } from "effect"
import { getHeapStatistics } from "node:v8"
import type { Shape } from "../../define/Shape.ts"
import { sentenceOf } from "../../fold/source.ts"
import { Misconfigured, Sink, SinkError } from "../Sink.ts"
import { tombstonesKeptFor } from "../step.ts"
import * as client from "./client.ts"
import * as config from "./config.ts"
import { fetchDocuments } from "./fetch.ts"
import * as Generations from "./Generations.ts"
import { DocumentCache } from "./DocumentCache.ts"
import { measured } from "./measured.ts"
import { RefreshLimiter } from "./RefreshLimiter.ts"
import * as retry from "./retry.ts"
import { search } from "./search.ts"
import { Transport } from "./Transport.ts"
import { UnfinishedAttempts } from "./UnfinishedAttempts.ts"
import * as Writer from "./Writer.ts"

export interface Options {
  /** Put before each aggregate's name to make its alias, one per stage. Defaults to none. */
  readonly aliasPrefix?: string
  /**
   * Waits between tries of what may succeed later; they end in any case with the time budget (`Budget`, 30 s unless the
   * Lambda handler sets it). Defaults to `retry.policy`: exponential from 50 ms to 5 s with full jitter.
   */
  readonly retry?: Schedule.Schedule<unknown, unknown>
  /**
   * The time for which removed rows are remembered, so that a late event can't bring them back. Defaults to 31 days: a
   * day more than 30, as a stream keeps its records for a day.
   */
  readonly tombstonesKeptFor?: Duration.Input
  /** The time for which a generation's check holds before it is looked at again. Defaults to 60 seconds. */
  readonly checkEvery?: Duration.Input
  /**
   * Memory for documents this process wrote, which need not be read again. Defaults to a sixteenth of what V8's heap
   * may grow to, which Lambda sets by the function's memory (17 MiB of 256 MB), but at most 64 MiB.
   */
  readonly cacheBytesMax?: number
  /** A request's size. Defaults to 5 MiB; some managed sizes refuse more than 10 MiB. */
  readonly requestBytesMax?: number
  /** Requests on their way at one time. Defaults to 4. */
  readonly requestsMax?: number
}

/** The sink over any transport: what tests use with a transport of their own. */
export const layerTransport = (options: Options = {}): Layer.Layer<Sink, never, Transport> =>
  Layer.effect(
    Sink,
    Effect.gen(function* () {
      const transport = measured(yield* Transport)
      const { aliasPrefix = "" } = options
      const generations = Generations.make({
        aliasPrefix,
        checkEvery: options.checkEvery ?? Duration.seconds(60)
      })
      const heapBytesMax = getHeapStatistics().heap_size_limit
      const write = Writer.make({
        generations,
        known: new DocumentCache(options.cacheBytesMax ?? Math.min(64 * 2 ** 20, heapBytesMax / 16)),
        refreshes: new RefreshLimiter(),
        unfinished: new UnfinishedAttempts(),
        retry: options.retry ?? retry.policy,
        tombstonesKeptFor: Duration.fromInputUnsafe(options.tombstonesKeptFor ?? tombstonesKeptFor),
        requestBytesMax: options.requestBytesMax ?? 5 * 2 ** 20,
        requestsMax: options.requestsMax ?? 4,
        workBytesMax: heapBytesMax / 32
      })
      const read = Effect.fnUntraced(function* (shape: Shape, ids: ReadonlyArray<string>) {
        const { writeAlias } = yield* generations.find(shape, undefined)
        const found = yield* fetchDocuments(shape, writeAlias, ids)
        return yield* Effect.forEach(ids, (id) => {
          const document = found.get(id)
          if (document !== undefined && Result.isFailure(document)) return unreadable(id, sentenceOf(document.failure))
          return Effect.succeed(document?.success.document)
        })
      })
      const provide = Effect.provideService(Transport, transport)
      return Sink.of({
        write: (patches, origins) => Stream.provideService(write(patches, origins), Transport, transport),
        read: (shape, ids) => provide(read(shape, ids)),
        search: (shape, body) => provide(search(aliasPrefix + shape.aggregate.name, body)),
        skipSuperseded: (shape, beside, tableArn, reason) =>
          provide(generations.skipSuperseded(shape, beside, tableArn, reason)),
        report: (shapes, news) => provide(generations.report(shapes, news)),
        knowsKeys: (shapes, keys, tableArn) => provide(generations.knowsKeys(shapes, keys, tableArn))
      })
    })
  )

/** The sink over the official client. */
export const layer = (options: client.Options & Options): Layer.Layer<Sink, SinkError> =>
  Layer.provide(layerTransport(options), client.layer(options))

/**
 * The sink as the environment says: `OPENSEARCH_NODE` (one address or several, comma-separated), `OPENSEARCH_AUTH`
 * (`none`, `basic` or `sigv4`; where it is not set, `basic` if there is a user name, else `none`),
 * `OPENSEARCH_USERNAME`, `OPENSEARCH_PASSWORD`, `AWS_REGION` for sigv4, and `OPENSEARCH_ALIAS_PREFIX`. A user name and
 * password may stand in the addresses instead. Fails at once, naming what is wrong.
 */
export const layerConfig: Layer.Layer<Sink, SinkError> = Layer.unwrap(
  Effect.map(
    Effect.suspend(() => readConfig),
    layer
  )
)

export const readConfig = config.read

const wrong = (message: string) => Effect.fail(new SinkError({ reason: new Misconfigured({ message }) }))

const unreadable = (id: string, reason: string) => wrong(`document ${id} can't be read: ${reason}`)
