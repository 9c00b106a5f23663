/** Single new orders, each looked for by its id and by a search until both find it. */
import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { setTimeout as sleep } from "node:timers/promises"
import { post } from "./request.ts"
import { attributesOf } from "./orders.ts"

export interface Place {
  readonly node: string
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly alias: string
}

export interface Probe {
  readonly id: string
  readonly writtenAt: number
  readable?: number
  searchable?: number
}

/** Writes so many a second for a time, and waits until all are found. */
export const probe = async (
  { alias, client, node, tableName }: Place,
  prefix: string,
  perSecond: number,
  seconds: number
): Promise<ReadonlyArray<Probe>> => {
  const probes: Array<Probe> = []
  let isWriting = true
  const write = async () => {
    const begin = performance.now()
    for (let i = 0; i < seconds * perSecond; i++) {
      await sleep(Math.max(0, begin + (i / perSecond) * 1000 - performance.now()))
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
