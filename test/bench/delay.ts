/**
 * From a row's write to the document, by each way that a change may take: the command `tail`, with the default refresh
 * interval and a short one, and the Lambda function behind an emulated mapping. Each in processes of its own, at shares
 * of the highest throughput of `tail`. A few new orders a second are probes: each is looked for by its id and by a
 * search until both find it; what lies between the two is OpenSearch's refresh. At the lowest load they come alone.
 */
import { BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import * as dynamodb from "../whole/dynamodb.ts"
import { type Follow, lambda, tail } from "./followers.ts"
import { cpuMillisOf } from "./machine.ts"
import { attributesOf, documentOf } from "./orders.ts"
import * as Probe from "./probe.ts"
import type { Delay, DelayAtLoad, Delays } from "./Results.ts"
import { median, quantile } from "./statistics.ts"
import type { Server } from "./throughput.ts"

const orders = 1000
const rows = 12

const example = "src/example/table.ts"

const ways: ReadonlyArray<readonly [name: string, follow: Follow, shares: ReadonlyArray<number>]> = [
  ["tail", tail(example), [0, 0.01, 0.5, 0.9]],
  ["tail, 200 ms", tail("test/bench/freshTable.ts"), [0, 0.01, 0.5, 0.9]],
  ["Lambda, no window", lambda(1, 0), [0, 0.01, 0.5]],
  ["Lambda, 1 s", lambda(1, 1000), [0, 0.01, 0.5]],
  ["Lambda, ten lanes, no window", lambda(10, 0), [0, 0.01, 0.5]],
  ["Lambda, ten lanes, 1 s", lambda(10, 1000), [0, 0.01, 0.5]]
]

export const measureDelay = async (
  server: Server,
  endpoint: string,
  isQuick: boolean,
  only = ways.map(([name]) => name)
): Promise<Delay> => {
  const client = dynamodb.clientOf(endpoint)
  const loads: Array<DelayAtLoad> = []
  let highestPerSecond = 0
  try {
    for (const [i, [way, follow, shares]] of ways.entries()) {
      if (!only.includes(way)) continue
      await following(server, client, endpoint, `bench-${process.pid}-delay-${i}-`, follow, async (place) => {
        // Also what makes the index, and warms all of them up.
        await highest(place, orders * rows)
        if (highestPerSecond === 0) highestPerSecond = await highest(place, isQuick ? 5000 : 40_000)
        for (const share of shares) {
          const seconds = isQuick ? 5 : share === 0 ? 60 : 30
          loads.push({ way, share, ...(await atLoad(place, share, share * highestPerSecond, seconds)) })
        }
        await checkSome(place)
      })
    }
    return { highestPerSecond, loads }
  } finally {
    client.destroy()
  }
}

/** Runs with a way of its own from a new table to a new index, which is checked and dropped. */
const following = async (
  { node, pid }: Server,
  client: DynamoDBClient,
  endpoint: string,
  aliasPrefix: string,
  follow: Follow,
  run: (place: Place) => Promise<void>
) => {
  const tableName = aliasPrefix.slice(0, -1)
  const keySchema = { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] } as const
  const streamArn = await dynamodb.makeTable(client, tableName, keySchema, "NEW_IMAGE")
  const follower = await follow({ node, aliasPrefix, endpoint, tableName, streamArn })
  const writer = makeWriter(client, tableName)
  try {
    await run({ node, pid, client, tableName, alias: `${aliasPrefix}orders`, batches: follower.batches, writer })
  } finally {
    await follower.end()
    await fetch(`${node}/${aliasPrefix}*`, { method: "DELETE" })
  }
}

interface Place extends Probe.Place, Server {
  readonly batches: () => number | undefined
  readonly writer: Writer
}

interface Writer {
  /** Writes so many rows of the orders in turn, at a rate if one is given. */
  readonly write: (count: number, perSecond?: number) => Promise<void>
  /** Of the row that was written last. */
  readonly lastOrder: () => number
  readonly document: (order: number) => string
}

/** Requests on their way at one time. */
const writersMax = 4

/** DynamoDB takes no more at once. */
const batchMax = 25

const makeWriter = (client: DynamoDBClient, tableName: string): Writer => {
  const newest = new Map<number, number>()
  let sequence = 0
  const writeBatch = async (count: number) => {
    const puts = Array.from({ length: count }, () => {
      const at = sequence % (orders * rows)
      newest.set(at, sequence)
      const place = { order: Math.floor(at / rows), row: at % rows, sequence: sequence++ }
      return { PutRequest: { Item: attributesOf(place) } }
    })
    let left: BatchWriteItemCommand["input"]["RequestItems"] = { [tableName]: puts }
    while (left !== undefined && Object.keys(left).length > 0) {
      left = (await client.send(new BatchWriteItemCommand({ RequestItems: left }))).UnprocessedItems
    }
  }
  return {
    write: async (count, perSecond = Number.POSITIVE_INFINITY) => {
      const begin = performance.now()
      let written = 0
      const some = async () => {
        while (written < count) {
          const due = Math.floor(Math.min(count, ((performance.now() - begin) / 1000) * perSecond)) - written
          const size = Math.max(0, Math.min(batchMax, due))
          written += size
          await (size === 0 ? sleep(5) : writeBatch(size))
        }
      }
      await Promise.all(Array.from({ length: writersMax }, some))
    },
    lastOrder: () => Math.floor(((sequence - 1) % (orders * rows)) / rows),
    document: (order) => documentOf(order, rows, (row) => newest.get(order * rows + row)!)
  }
}

/** Row changes per second, written as fast as can be, until the last of them is in its document. */
const highest = async (place: Place, count: number): Promise<number> => {
  const begin = performance.now()
  await place.writer.write(count)
  await until(async () => isRight(place, place.writer.lastOrder()))
  return (count / (performance.now() - begin)) * 1000
}

/** A single one each second where they come alone, else some more beside the load. */
const probesPerSecond = (share: number) => (share === 0 ? 1 : 8)

const atLoad = async (
  place: Place,
  share: number,
  perSecond: number,
  seconds: number
): Promise<Omit<DelayAtLoad, "way" | "share">> => {
  const count = Math.ceil(perSecond * seconds)
  const begin = performance.now()
  const before = { cpu: cpuMillisOf(place.pid), batches: place.batches() }
  const [probes, took] = await Promise.all([
    Probe.probe(place, `probe-${share}-`, probesPerSecond(share), seconds),
    place.writer.write(count, perSecond).then(() => performance.now() - begin)
  ])
  const changes = count + probes.length
  const since = (now: number | undefined, then: number | undefined) =>
    now === undefined || then === undefined ? undefined : now - then
  const cpu = since(cpuMillisOf(place.pid), before.cpu)
  const batches = since(place.batches(), before.batches)
  const delays = (of: (probe: Probe.Probe) => number): Delays => {
    const values = probes.map(of)
    return { median: median(values), p99: quantile(values, 0.99) }
  }
  return {
    perSecond: changes / Math.max(seconds, took / 1000),
    probes: probes.length,
    readable: delays((it) => it.readable! - it.writtenAt),
    searchable: delays((it) => it.searchable! - it.writtenAt),
    refresh: delays((it) => it.searchable! - it.readable!),
    ...(cpu === undefined ? {} : { serverMillis: cpu / (changes / 1000) }),
    ...(batches === undefined ? {} : { changesPerBatch: changes / batches })
  }
}

const isRight = async ({ alias, node, writer }: Place, order: number): Promise<boolean> => {
  const response = await fetch(`${node}/${alias}/_doc/${order}?_source_excludes=_sync`)
  const { _source } = (await response.json()) as { readonly _source?: unknown }
  return isDeepStrictEqual(_source, JSON.parse(writer.document(order)))
}

const checkSome = async (place: Place) => {
  for (let order = 0; order < orders; order += 50) await until(() => isRight(place, order))
}

const waitMax = 120_000

const until = async (isSo: () => Promise<boolean>) => {
  const begin = performance.now()
  while (!(await isSo())) {
    if (performance.now() - begin > waitMax) throw new Error("the stream was not followed to its end in two minutes")
    await sleep(20)
  }
}
