/**
 * Lambda's part while servers fail: lanes that bring their records in batches, in order, until each is acknowledged,
 * and now and then one again that was. A lane has a sink of its own, and now and then a new one, as a new container.
 */
import { Console, Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import * as Lambda from "../../../src/lambda/Lambda.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Transport } from "../../../src/sink/opensearch/Transport.ts"
import type { StreamRecord } from "../dynamodb.ts"
import type { Random } from "../random.ts"
import { table } from "./History.ts"
import { wait } from "./own.ts"

export interface Options {
  readonly nodes: ReadonlyArray<string>
  readonly aliasPrefix: string
  readonly lanes: number
  /** What an invocation has to write in. */
  readonly budgetMillis: number
}

export class Lanes {
  readonly deadLetters = new Map<string, DeadLetters.DeadLetter>()
  /** Why batches failed as a whole, and how often; digits left out. */
  readonly failures = new Map<string, number>()
  /** Answers that were no success, and how often they came: of requests, and of items in them. */
  readonly answers = new Map<string, number>()
  acknowledged = 0
  /** When a record was acknowledged last, in epoch milliseconds. */
  settledAt = 0
  invocations = 0
  partial = 0
  private readonly options: Options

  constructor(options: Options) {
    this.options = options
  }

  /** How many invocations there are at one time. */
  get width(): number {
    return this.options.lanes
  }

  /** Brings all records; ends when all are acknowledged. */
  async bring(records: ReadonlyArray<StreamRecord>, r: Random): Promise<void> {
    const { lanes } = this.options
    const shares = Map.groupBy(records, ({ dynamodb }) => hash(JSON.stringify(dynamodb.Keys)) % lanes)
    await Promise.all([...shares.values()].map((own) => this.lane(own, r.fork())))
  }

  private async lane(records: ReadonlyArray<StreamRecord>, r: Random): Promise<void> {
    let handler = this.container()
    let at = 0
    while (at < records.length) {
      if (r.chance(0.05)) handler = this.container()
      const batch = records.slice(at, at + 1 + r.below(r.chance(0.2) ? 100 : 25))
      const settled = await this.invoke(handler, batch)
      at += settled
      this.acknowledged += settled
      if (settled > 0) this.settledAt = Date.now()
      if (settled === 0) await wait(50)
      else if (r.chance(0.1)) await this.invoke(handler, batch.slice(r.below(batch.length)))
    }
  }

  private container(): Lambda.Handler {
    const { aliasPrefix, nodes } = this.options
    const quiet = () => {}
    const console = { ...globalThis.console, log: quiet, error: quiet, warn: quiet }
    const own = client.layer({ nodes: nodes.map((node) => new URL(node)), auth: { _tag: "none" } })
    const sink = Layer.provide(OpenSearchSink.layerTransport({ aliasPrefix }), Layer.provide(this.noting, own))
    return Lambda.make(table, {
      layer: Layer.mergeAll(sink, Layer.succeed(Console.Console, console)),
      deadLetters: DeadLetters.layerMemory(this.deadLetters),
      margin: "1 second",
      onNothingSettled: "throw"
    })
  }

  /** The transport, with what came back noted where it is no success. */
  private readonly noting = Layer.effect(
    Transport,
    Effect.map(Transport, ({ node, request }) =>
      Transport.of({
        node,
        request: (asked) => Effect.tap(request(asked), ({ status, text }) => Effect.sync(() => this.note(status, text)))
      })
    )
  )

  private note(status: number, text: string): void {
    const items = status === 200 ? [...text.matchAll(/"status":([45]\d\d),"error":\{"type":"(\w+)"/g)] : []
    const own = status >= 429 ? [`${status} ${/"type":"(\w+)"/.exec(text)?.[1] ?? ""}`] : []
    for (const told of [...own, ...items.map(([, status, type]) => `item ${status} ${type}`)]) {
      this.answers.set(told, (this.answers.get(told) ?? 0) + 1)
    }
  }

  /** How many of the batch, from its start, are acknowledged. */
  private async invoke(handler: Lambda.Handler, batch: ReadonlyArray<StreamRecord>): Promise<number> {
    this.invocations++
    const event = JSON.parse(JSON.stringify({ Records: batch }))
    const left = { getRemainingTimeInMillis: () => 1000 + this.options.budgetMillis }
    try {
      const { batchItemFailures } = await handler(event, left)
      const [failure] = batchItemFailures
      if (failure === undefined) return batch.length
      this.partial++
      const place = batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failure.itemIdentifier)
      if (place < 0) throw new RangeError(`${failure.itemIdentifier} was reported, which is not in the batch`)
      return place
    } catch (error) {
      if (error instanceof RangeError) throw error
      const reason = String((error as Error).message).replaceAll(/\d+|\[[^\]]*\]/g, "…")
      this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1)
      return 0
    }
  }
}

const hash = (text: string): number => createHash("md5").update(text).digest().readUInt32LE(0)
