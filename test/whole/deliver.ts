/**
 * Lambda's part: the records of a stream reach handlers in batches, at least once. A lane keeps its records in order;
 * with several lanes a row's records stay in one. What a handler does not acknowledge comes again from there on;
 * besides that, batches come again whole or in part, late and out of order, and invocations run out of time in
 * mid-write.
 */
import { Console, Layer } from "effect"
import { createHash } from "node:crypto"
import type * as Table from "../../src/define/Table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import type { StreamRecord } from "./dynamodb.ts"
import type { Random } from "./random.ts"
import { isPoison } from "./rows.ts"

/** A function's container: its handler, and the lines that it logged. */
export interface Container {
  readonly handler: Lambda.Handler
  readonly log: Array<string>
}

export const container = (table: Table.Table, node: string, aliasPrefix: string): Container => {
  const log: Array<string> = []
  const write = (line: unknown) => void log.push(String(line))
  const console = { ...globalThis.console, log: write, error: write, warn: write }
  const sink = OpenSearchSink.layer({ nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix })
  return {
    handler: Lambda.make(table, { layer: Layer.mergeAll(sink, Layer.succeed(Console.Console, console)) }),
    log
  }
}

/** The sum of a count over the lines that tell what became of a batch. */
export const logged = (containers: ReadonlyArray<Container>, count: string): number => {
  const lines = containers.flatMap(({ log }) => log.map((line) => JSON.parse(line)))
  return lines.reduce((sum, { message, ...counts }) => sum + (message === "batch" ? counts[count] : 0), 0)
}

/** Delivers records on as many lanes as there are containers; gives the number of invocations that it took. */
export const deliver = async (
  records: ReadonlyArray<StreamRecord>,
  containers: ReadonlyArray<Container>,
  r: Random
): Promise<number> => {
  const lanes = Map.groupBy(records, (record) => laneOf(record, containers.length))
  const delivery = new Delivery()
  await Promise.all([...lanes].map(([i, own]) => delivery.lane(containers[i]!, own, r.fork())))
  return delivery.invocations
}

const laneOf = ({ dynamodb }: StreamRecord, lanes: number): number =>
  createHash("md5").update(JSON.stringify(dynamodb.Keys)).digest().readUInt32LE(0) % lanes

class Delivery {
  invocations = 0
  private readonly past: Array<ReadonlyArray<StreamRecord>> = []

  async lane({ handler }: Container, records: ReadonlyArray<StreamRecord>, r: Random): Promise<void> {
    let at = 0
    let tries = 0
    while (at < records.length) {
      const batch = records.slice(at, at + 1 + r.below(r.chance(0.2) ? 100 : 25))
      const failed = await this.invoke(handler, batch, r.chance(0.05) ? r.below(15) : 60_000)
      this.past.push(batch)
      if (r.chance(0.2)) await this.repeat(handler, batch, r)
      if (failed === undefined) {
        at += batch.length
        tries = 0
      } else if (++tries < 4) {
        at += failed
      } else if (isPoison(batch[failed]!.dynamodb.Keys)) {
        // As an event source mapping does that has a limit on its attempts: the record is set aside.
        at += failed + 1
        tries = 0
      } else if (tries > 20) throw new Error(`no progress at ${JSON.stringify(batch[failed]!.dynamodb.Keys)}`)
    }
  }

  /** The batch again, or its end, or another one of whichever lane, or that one shuffled. */
  private async repeat(handler: Lambda.Handler, batch: ReadonlyArray<StreamRecord>, r: Random): Promise<void> {
    const late = r.pick(this.past)
    const choices = [batch, batch.slice(r.below(batch.length)), late, r.shuffled(late)]
    await this.invoke(handler, r.pick(choices), 60_000)
  }

  /** The place of the first record that is not acknowledged. */
  private async invoke(
    handler: Lambda.Handler,
    batch: ReadonlyArray<StreamRecord>,
    timeLeft: number
  ): Promise<number | undefined> {
    this.invocations++
    // The handler's own copy, as it comes over the wire.
    const event = JSON.parse(JSON.stringify({ Records: batch }))
    const { batchItemFailures } = await handler(event, { getRemainingTimeInMillis: () => 1000 + timeLeft })
    const [failure] = batchItemFailures
    if (failure === undefined) return undefined
    const place = batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failure.itemIdentifier)
    if (place < 0) throw new Error(`${failure.itemIdentifier} was reported, which is not in the batch`)
    return place
  }
}
