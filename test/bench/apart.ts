/**
 * What the handler would take on a machine apart from the server's, as in production: its requests, each at the moment
 * of its batch at which the handler sends it where nothing else runs. The handler is timed when a round is prepared,
 * and answered at once, as known documents are not read; so neither takes the other's cores. What it does after the
 * last answer is a parse of it here, and no more.
 *
 * The writes are without conditions, whose numbers are another index's; they cost nothing (measured, see speed.md).
 */
import { Effect, Layer } from "effect"
import { setTimeout as wait } from "node:timers/promises"
import { Order, table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as answer from "../../src/sink/opensearch/answer.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import { type Request, Transport } from "../../src/sink/opensearch/Transport.ts"
import { connect, type Contender } from "./contenders.ts"
import * as Meter from "./Meter.ts"

interface Sent {
  /** From the batch's begin, in milliseconds. */
  readonly at: number
  readonly request: Request
  readonly actions: number
}

/** A handler that knows all documents, as requests that are sent when it sends them. */
export const apart = async (node: string, prefix: string, options: OpenSearchSink.Options): Promise<Contender> => {
  const aliasPrefix = `${prefix}apart-`
  const meter = Meter.make()
  const { end, transport } = await connect(node, aliasPrefix)
  let sent: Array<Sent> = []
  let begin = 0
  const noting = Transport.of({
    node,
    request: (request) => {
      if (!request.path.includes("/_bulk")) return transport.request(request)
      const actions = request.body!.split("\n").length >> 1
      sent.push({ at: performance.now() - begin, request, actions })
      return Effect.succeed({ status: 200, text: accepted(actions) })
    }
  })
  const sink = OpenSearchSink.layerTransport({ ...options, aliasPrefix })
  const handle = Lambda.make(table, { layer: Layer.provide(sink, Layer.succeed(Transport, noting)) })
  const counted = meter.counted(transport)
  const ask = async ({ actions, request }: Sent): Promise<void> => {
    const { text } = await Effect.runPromise(counted.request(request))
    const items = answer.itemsOf(text, actions)
    if (items?.every((item) => answer.ofItem(item)._tag === "Accepted") !== true) throw new Error("a write was refused")
  }
  return {
    name: "cache warm",
    alias: `${aliasPrefix}${Order.name}`,
    counts: meter.counts,
    prepare: async (batches) => {
      const plans: Array<ReadonlyArray<Sent>> = []
      for (const { event } of batches) {
        const own: unknown = JSON.parse(JSON.stringify(event))
        begin = performance.now()
        await handle(own)
        plans.push(sent.map((one) => ({ ...one, request: unconditional(one.request) })))
        sent = []
      }
      return async () => {
        for (const plan of plans) {
          const begin = performance.now()
          await Promise.all(
            plan.map(async (one) => {
              await wait(begin + one.at - performance.now())
              await ask(one)
            })
          )
        }
      }
    },
    end
  }
}

let seqNo = 0

const accepted = (actions: number): string => {
  const item = () => ({ index: { _seq_no: seqNo++, _primary_term: 1, status: 200 } })
  return JSON.stringify({ errors: false, items: Array.from({ length: actions }, item) })
}

const unconditional = (request: Request): Request => ({
  ...request,
  body: request.body!.replaceAll(/,"if_seq_no":\d+,"if_primary_term":\d+\}\}\n/g, "}}\n")
})
