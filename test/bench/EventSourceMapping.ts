/**
 * Lambda's event source mapping, as far as the delay of a change goes, over a DynamoDB Local: each shard is read four
 * times a second, and at once after a full page; rows are spread over lanes by their key; a lane gathers for
 * the window, or until a batch is full, and invokes its container with one batch at a time. A batch that is not settled
 * as a whole ends it: there are no retries.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Container } from "../servers/LambdaRuntime.ts"
import { ask, type StreamRecord, streams } from "../whole/dynamodb.ts"

export interface Options {
  readonly endpoint: string
  readonly streamArn: string
  readonly windowMillis: number
  /** One for each lane: as many as the parallelization factor. */
  readonly containers: ReadonlyArray<Container>
}

export interface EventSourceMapping {
  /** The batches that were delivered so far. */
  readonly batches: () => number
  readonly end: () => Promise<void>
}

const pollMillis = 250
const batchMax = 1000

/** The records of a page of DynamoDB's. */
const pageMax = 1000

/** The records that a lane holds back at most; then reading waits. */
const waitingMax = 10 * batchMax

/** Reads a stream from its oldest record on, until it is ended. */
export const make = ({ containers, endpoint, streamArn, windowMillis }: Options): EventSourceMapping => {
  let isEnding = false
  const isGoing = () => !isEnding
  const lanes = containers.map((container) => makeLane(container, windowMillis, isGoing))
  const take = (record: StreamRecord) => lanes[hash(JSON.stringify(record.dynamodb.Keys)) % lanes.length]!.take(record)
  const isFull = () => lanes.some(({ waiting }) => waiting() > waitingMax)
  const readers = readAll({ endpoint, streamArn, take, isFull, isGoing })
  const running = Promise.all([readers, ...lanes.map(({ running }) => running)])
  return {
    batches: () => lanes.reduce((sum, { batches }) => sum + batches(), 0),
    end: async () => {
      isEnding = true
      await running
    }
  }
}

const makeLane = ({ invoke }: Container, windowMillis: number, isGoing: () => boolean) => {
  let waiting: Array<StreamRecord> = []
  let batches = 0
  let dueAt = 0
  const run = async () => {
    while (isGoing()) {
      const isDue = waiting.length >= batchMax || (waiting.length > 0 && performance.now() >= dueAt)
      if (!isDue) {
        await sleep(2)
        continue
      }
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batchMax)
      dueAt = performance.now() + windowMillis
      const { value } = await invoke(JSON.stringify({ Records: batch }))
      batches++
      const { batchItemFailures } = value as { readonly batchItemFailures: ReadonlyArray<unknown> }
      if (batchItemFailures.length > 0) throw new Error("the handler did not settle a batch")
    }
  }
  const take = (record: StreamRecord) => {
    if (waiting.length === 0) dueAt = performance.now() + windowMillis
    waiting.push(record)
  }
  return { take, running: run(), batches: () => batches, waiting: () => waiting.length }
}

interface Reading {
  readonly endpoint: string
  readonly streamArn: string
  readonly take: (record: StreamRecord) => void
  readonly isFull: () => boolean
  readonly isGoing: () => boolean
}

/** A table of its own on demand has all its shards from the beginning. */
const readAll = async (reading: Reading) => {
  const { endpoint, streamArn } = reading
  const { StreamDescription } = await ask(endpoint, `${streams}.DescribeStream`, { StreamArn: streamArn })
  await Promise.all(
    StreamDescription.Shards.map(({ ShardId }: { readonly ShardId: string }) => readShard(reading, ShardId))
  )
}

const readShard = async ({ endpoint, isFull, isGoing, streamArn, take }: Reading, shardId: string) => {
  const start = { StreamArn: streamArn, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" }
  let iterator = (await ask(endpoint, `${streams}.GetShardIterator`, start))["ShardIterator"]
  while (isGoing() && iterator !== undefined) {
    if (isFull()) {
      await sleep(2)
      continue
    }
    const { NextShardIterator, Records } = await ask(endpoint, `${streams}.GetRecords`, { ShardIterator: iterator })
    for (const record of Records) take({ ...record, eventSourceARN: streamArn })
    iterator = NextShardIterator
    if (Records.length < pageMax) await sleep(pollMillis)
  }
}

/** FNV-1a, in 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
