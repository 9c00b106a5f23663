/**
 * From a row's write to the document: the command `tail` follows the stream of a real table, in a process of its own,
 * at shares of the highest throughput of that path. A few new orders a second are probes: each is looked for by its id
 * and by a search until both find it. What lies between the two is OpenSearch's refresh.
 */
import { BatchWriteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import * as dynamodb from "../whole/dynamodb.ts"
import { post } from "./ask.ts"
import { attributesOf, documentOf } from "./orders.ts"
import type { Delay, DelayAtLoad, Delays } from "./Results.ts"
import { median, quantile } from "./statistics.ts"

const orders = 1000
const rows = 12
const tableName = "bench-delay"

export const measureDelay = async (node: string, endpoint: string, isQuick: boolean): Promise<Delay> => {
  const client = dynamodb.clientOf(endpoint)
  const prefix = `bench-${process.pid}-delay-`
  const keySchema = { partitionKey: ["PK", "S"], sortKey: ["SK", "S"] } as const
  await dynamodb.makeTable(client, tableName, keySchema, "NEW_IMAGE")
  const place = { node, client, alias: `${prefix}orders`, writer: makeWriter(client) }
  const tail = follow(node, endpoint, prefix)
  try {
    // Also what makes the index, and warms all of them up.
    await highest(place, orders * rows)
    const highestPerSecond = await highest(place, isQuick ? 5000 : 40_000)
    const loads: Array<DelayAtLoad> = []
    for (const share of [0.01, 0.5, 0.9]) {
      loads.push(await atLoad(place, share, share * highestPerSecond, isQuick ? 5 : 30))
    }
    await checkSome(place)
    return { highestPerSecond, loads }
  } finally {
    await tail.end()
    client.destroy()
    await fetch(`${node}/${prefix}*`, { method: "DELETE" })
  }
}

interface Place {
  readonly node: string
  readonly client: DynamoDBClient
  readonly alias: string
  readonly writer: Writer
}

/** The command as a user runs it. */
const follow = (node: string, endpoint: string, aliasPrefix: string) => {
  const folder = mkdtempSync(join(tmpdir(), "tablefold-delay-"))
  const args = ["tail", tableName, "--table", "src/example/table.ts", "--endpoint", endpoint]
  const command = ["src/cli/tablefold.ts", ...args, "--checkpoint", join(folder, "checkpoint.json")]
  const child = spawn(process.execPath, command, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, OPENSEARCH_NODE: node, OPENSEARCH_ALIAS_PREFIX: aliasPrefix }
  })
  let said = ""
  child.stderr.on("data", (chunk) => (said = `${said}${String(chunk)}`.slice(-2000)))
  let isEnding = false
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => {
      if (!isEnding) throw new Error(`tail ended by itself: ${said}`)
      resolve()
    })
  })
  const end = async () => {
    isEnding = true
    child.kill("SIGINT")
    await ended
    rmSync(folder, { recursive: true })
  }
  return { end }
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

const makeWriter = (client: DynamoDBClient): Writer => {
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

const atLoad = async (place: Place, share: number, perSecond: number, seconds: number): Promise<DelayAtLoad> => {
  const count = Math.ceil(perSecond * seconds)
  const begin = performance.now()
  const [probes, took] = await Promise.all([
    probe(place, `probe-${share}-`, seconds),
    place.writer.write(count, perSecond).then(() => performance.now() - begin)
  ])
  const delays = (of: (probe: Probe) => number): Delays => {
    const values = probes.map(of)
    return { median: median(values), p99: quantile(values, 0.99) }
  }
  return {
    share,
    perSecond: (count / took) * 1000,
    probes: probes.length,
    readable: delays((it) => it.readable! - it.writtenAt),
    searchable: delays((it) => it.searchable! - it.writtenAt),
    refresh: delays((it) => it.searchable! - it.readable!)
  }
}

interface Probe {
  readonly id: string
  readonly writtenAt: number
  readable?: number
  searchable?: number
}

const probesPerSecond = 8

const probe = async ({ alias, client, node }: Place, prefix: string, seconds: number) => {
  const probes: Array<Probe> = []
  let isWriting = true
  const write = async () => {
    const begin = performance.now()
    for (let i = 0; i < seconds * probesPerSecond; i++) {
      await sleep(Math.max(0, begin + (i / probesPerSecond) * 1000 - performance.now()))
      const id = `${prefix}${i}`
      const Item = { ...attributesOf({ order: 0, row: 0, sequence: i }), PK: { S: `ORDER#${id}` }, orderId: { S: id } }
      await client.send(new PutItemCommand({ TableName: tableName, Item }))
      probes.push({ id, writtenAt: performance.now() })
    }
    isWriting = false
  }
  const look = async () => {
    for (;;) {
      const open = probes.filter(({ searchable }) => searchable === undefined)
      if (open.length === 0 && !isWriting) return
      await Promise.all([lookById(node, alias, open), lookBySearch(node, alias, open)])
      await sleep(5)
    }
  }
  await Promise.all([write(), look()])
  return probes
}

const lookById = async (node: string, alias: string, open: ReadonlyArray<Probe>) => {
  const unread = open.filter(({ readable }) => readable === undefined)
  if (unread.length === 0) return
  const { docs } = await post(`${node}/${alias}/_mget?_source=false`, { ids: unread.map(({ id }) => id) })
  const now = performance.now()
  for (const [i, probe] of unread.entries()) if (docs[i].found === true) probe.readable = now
}

const lookBySearch = async (node: string, alias: string, open: ReadonlyArray<Probe>) => {
  if (open.length === 0) return
  const query = { ids: { values: open.map(({ id }) => id) } }
  const { hits } = await post(`${node}/${alias}/_search`, { query, size: open.length, _source: false })
  const now = performance.now()
  const found = new Set(hits.hits.map(({ _id }: { readonly _id: string }) => _id))
  // A search may overtake the look by id that was sent with it.
  for (const probe of open)
    if (found.has(probe.id)) Object.assign(probe, { readable: probe.readable ?? now, searchable: now })
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
