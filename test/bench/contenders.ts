/**
 * Those who write a workload: the limit, which is a plain bulk index of the finished documents, and the handler, whole,
 * with a cache of this or that size. Each has indices of its own on the same server.
 */
import { Client } from "@opensearch-project/opensearch"
import { Context, Effect, Exit, Layer, Result, Scope } from "effect"
import * as Claim from "../../src/decode/Claim.ts"
import { Definition } from "../../src/index.ts"
import { Order, table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as Patches from "../../src/pipeline/patches.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { Transport } from "../../src/sink/opensearch/Transport.ts"
import * as LambdaEvent from "../../src/source/record/LambdaEvent.ts"
import * as Meter from "./Meter.ts"
import type { Batch } from "./workload.ts"

export interface Contender {
  readonly name: string
  /** Readers' name for what it writes. */
  readonly alias: string
  readonly counts: () => Meter.Counts
  /** Makes all that is not to be timed; what it gives writes the batches. */
  readonly prepare: (batches: ReadonlyArray<Batch>) => Run | Promise<Run>
  /** Removes its indices. */
  readonly end: () => Promise<void>
}

type Run = () => Promise<void>

/** Lane beside lane, and within a lane one after the other. */
const inLanes = async <A>(lanes: ReadonlyArray<ReadonlyArray<A>>, write: (it: A, lane: number) => Promise<void>) => {
  const one = async (lane: ReadonlyArray<A>, i: number) => {
    for (const it of lane) await write(it, i)
  }
  await Promise.all(lanes.map(one))
}

/** One writer takes all of them as they come. */
const lanesOf = (batches: ReadonlyArray<Batch>, writers: number): ReadonlyArray<ReadonlyArray<Batch>> =>
  Array.from({ length: writers }, (_, writer) => batches.filter(({ lane }) => lane % writers === writer))

/** Plain bulks, each of a batch's documents; nothing is decoded, there is no sync state, and no item is looked at. */
export const limit = async (node: string, prefix: string, writers = 1): Promise<Contender> => {
  const client = new Client({ node, maxRetries: 0 })
  const name = writers === 1 ? "limit" : `limit, ${writers} writers`
  const index = `${prefix}limit-${writers}`
  const { properties, settings } = Definition.describe(Order)
  const body = { settings, mappings: { dynamic: false as const, properties: properties as {} } }
  await client.indices.create({ index, body })
  const meter = Meter.make()
  const write = async (text: string) => {
    const { body } = await client.bulk({ index, body: text as never, filter_path: ["errors"] })
    meter.count(text, "")
    if (body.errors) throw new Error("the plain bulk was refused")
  }
  const bodyOf = ({ documents }: Batch) =>
    Buffer.from(documents.map(({ id, text }) => `{"index":{"_id":"${id}"}}\n${text}\n`).join("")).toString()
  return {
    name,
    alias: index,
    counts: meter.counts,
    prepare: (batches) => {
      const bodies = lanesOf(batches, writers).map((lane) => lane.map(bodyOf))
      return () => inLanes(bodies, write)
    },
    end: async () => {
      await client.indices.delete({ index })
      await client.close()
    }
  }
}

/** A connection of a contender's own, and the end of it and of the indices behind its aliases. */
export const connect = async (node: string, aliasPrefix: string) => {
  const scope = Scope.makeUnsafe()
  const connected = client.layer({ nodes: [new URL(node)], auth: { _tag: "none" } })
  const transport = Context.get(await Effect.runPromise(Layer.buildWithScope(connected, scope)), Transport)
  const end = async () => {
    await fetch(`${node}/${aliasPrefix}*`, { method: "DELETE" })
    // Connections that are kept open would hold the cache in memory.
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
  return { transport, end }
}

interface Handlers extends OpenSearchSink.Options {
  /** Each has a cache of its own. Defaults to one. */
  readonly writers?: number
  /** Whether each round has new ones, which know of no order, as in a new container. Defaults to no. */
  readonly areNew?: boolean
}

/**
 * What a batch in flight is for the memory. One is held while garbage is collected between rounds: where none of its
 * objects is alive, V8 drops all code that it optimized for them, as it hardly ever does in a process at work.
 */
const inFlight = (event: unknown): unknown => {
  const changes = Result.getOrThrow(LambdaEvent.read(event)).flatMap((change) => Result.getOrElse(change, () => []))
  const claims = changes.map((change) => Claim.of(table, change))
  return [event, changes, claims, Patches.groups(claims).map((group) => Patches.fold(table, group))]
}

/** What `Lambda.make` gives, from the event as Lambda parses it to the answer. */
export const handler = async (
  node: string,
  prefix: string,
  name: string,
  { areNew = false, writers = 1, ...options }: Handlers = {}
): Promise<Contender> => {
  const aliasPrefix = `${prefix}${name.replaceAll(/\W+/g, "-")}-`
  const meter = Meter.make()
  const { end, transport } = await connect(node, aliasPrefix)
  const counted = Layer.succeed(Transport, meter.counted(transport))
  const layer = Layer.provide(OpenSearchSink.layerTransport({ ...options, aliasPrefix }), counted)
  const make = () => Array.from({ length: writers }, () => Lambda.make(table, { layer }))
  let handles = make()
  const held = new Set<unknown>()
  return {
    name,
    alias: `${aliasPrefix}${Order.name}`,
    counts: meter.counts,
    prepare: (batches) => {
      const lanes = lanesOf(batches, writers)
      const events = lanes.map((lane) => lane.map(({ event }): unknown => JSON.parse(JSON.stringify(event))))
      if (areNew) handles = make()
      held.clear()
      held.add(inFlight(events[0]![0]))
      return () =>
        inLanes(events, async (event, lane) => {
          const { batchItemFailures } = await handles[lane]!(event)
          if (batchItemFailures.length > 0) throw new Error(`${name} left something unacknowledged`)
        })
    },
    end: async () => {
      held.clear()
      await end()
    }
  }
}
