/** What the table in memory promises those who test against it, each point something that DynamoDB does too. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import type { StreamApi } from "../../src/source/stream/StreamApi.ts"
import { readStreamRecord } from "../../src/source/record/streamRecord.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"

const key = (n: number) => ({ PK: { S: `ORDER#${n}` }, SK: { S: "DETAILS" } })
const row = (n: number, qty: string) => ({ ...key(n), qty: { N: qty } })

interface SdkRecord {
  readonly eventName: string
  readonly dynamodb: Record<string, unknown> & { readonly SequenceNumber: string }
}

const latest = Effect.fnUntraced(function* ({ streamApi, tableName }: MemoryTable.MemoryTable) {
  const stream = (yield* streamApi.findStream(tableName)).latest
  if (stream === undefined) return yield* Effect.die(new Error("no stream"))
  return { ...stream, ...(yield* streamApi.describeStream(stream.streamArn)) }
})

const recordsOf = Effect.fnUntraced(function* (api: StreamApi["Service"], streamArn: string, shardId: string) {
  const iterator = yield* api.shardIterator(streamArn, shardId, { _tag: "TrimHorizon" })
  const { next, records } = yield* api.records(iterator)
  return { next, records: records as ReadonlyArray<SdkRecord> }
})

const all = Effect.fnUntraced(function* (table: MemoryTable.MemoryTable) {
  const { shards, streamArn } = yield* latest(table)
  const pages = yield* Effect.forEach(shards, ({ shardId }) => recordsOf(table.streamApi, streamArn, shardId))
  return pages.flatMap(({ records }) => records)
})

describe("rows", () => {
  it.effect("put replaces, update merges and makes, remove removes, scan sees one moment", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* table.put({ ...row(1, "2"), note: { S: "gift" } })
      yield* table.put(row(1, "3"))
      yield* table.update(key(1), { note: { S: "new" } })
      yield* table.update(key(2), { note: { S: "made" } })
      const before = yield* table.scan
      yield* table.remove(key(1))
      yield* table.put(row(3, "1"))
      assert.deepStrictEqual(before, [
        { ...row(1, "3"), note: { S: "new" } },
        { ...key(2), note: { S: "made" } }
      ])
      assert.isTrue(Option.isNone(yield* table.get(key(1))))
      assert.deepStrictEqual(yield* table.get(row(3, "?")), Option.some(row(3, "1")))
    })
  )

  it.effect("are copies: what the caller changes later is not in the table", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      const item = { ...key(1), tags: { L: [{ S: "a" }] } }
      yield* table.put(item)
      item.tags.L.push({ S: "b" })
      assert.deepStrictEqual(Option.getOrThrow(yield* table.get(key(1)))["tags"], { L: [{ S: "a" }] })
    })
  )

  it.effect("have keys of the names that were given", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make({ partitionKey: "id", sortKey: undefined })
      yield* table.put({ id: { B: Uint8Array.of(1) }, n: { N: "1" } })
      yield* table.put({ id: { B: "AQ==" }, n: { N: "2" } })
      assert.strictEqual((yield* table.scan).length, 1)
      assert.deepStrictEqual((yield* all(table))[1]?.dynamodb["Keys"], { id: { B: "AQ==" } })
    })
  )
})

describe("records", () => {
  it.effect("tell INSERT, MODIFY and REMOVE with keys, both images and the second of the change", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* TestClock.setTime(1_700_000_000_789)
      yield* table.put(row(1, "2"))
      yield* table.put(row(1, "3"))
      yield* table.remove(key(1))
      const records = yield* all(table)
      assert.deepStrictEqual(
        records.map(({ dynamodb, eventName }) => [eventName, dynamodb["NewImage"], dynamodb["OldImage"]]),
        [
          ["INSERT", row(1, "2"), undefined],
          ["MODIFY", row(1, "3"), row(1, "2")],
          ["REMOVE", undefined, row(1, "3")]
        ]
      )
      const change = Result.getOrThrow(readStreamRecord(records[2], 1, "arn"))
      assert.deepStrictEqual(change.keys, key(1))
      assert.deepInclude(change.origin, { createdAt: 1_700_000_000_000, viewType: "NEW_AND_OLD_IMAGES" })
    })
  )

  it.effect("are none for a write that changes nothing, sets and names having no order", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* table.put({ ...key(1), tags: { SS: ["a", "b"] }, map: { M: { x: { N: "1" }, y: { NULL: true } } } })
      yield* table.put({ map: { M: { y: { NULL: true }, x: { N: "1" } } }, tags: { SS: ["b", "a"] }, ...key(1) })
      yield* table.update(key(1), { tags: { SS: ["a", "b"] } })
      yield* table.remove(key(2))
      assert.strictEqual((yield* all(table)).length, 1)
      yield* table.put({ ...key(1), tags: { L: [{ S: "a" }, { S: "b" }] } })
      yield* table.put({ ...key(1), tags: { L: [{ S: "b" }, { S: "a" }] } })
      assert.strictEqual((yield* all(table)).length, 3)
    })
  )

  it.effect.each([
    ["NEW_IMAGE", true, false],
    ["OLD_IMAGE", false, true],
    ["KEYS_ONLY", false, false]
  ] as const)("of a %s stream carry no more than it says", ([stream, hasNew, hasOld]) =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make({ stream })
      yield* table.put(row(1, "2"))
      yield* table.put(row(1, "3"))
      const { dynamodb } = (yield* all(table))[1] ?? { dynamodb: {} }
      assert.deepStrictEqual(["NewImage" in dynamodb, "OldImage" in dynamodb], [hasNew, hasOld])
    })
  )

  it.effect("have numbers that grow, by uneven steps and in length", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* Effect.forEach(Array.from({ length: 100 }), (_, n) => table.put(row(n % 7, `${n}`)))
      const numbers = (yield* all(table)).map(({ dynamodb }) => dynamodb.SequenceNumber)
      assert.deepStrictEqual([numbers[0]?.length, numbers.at(-1)?.length], [27, 28])
      assert.isTrue(numbers.every((n, i) => i === 0 || BigInt(n) > BigInt(numbers[i - 1] ?? "")))
      assert.isAbove(new Set(numbers.map((n, i) => BigInt(n) - BigInt(numbers[i - 1] ?? "0"))).size, 2)
    })
  )
})

describe("streams and shards", () => {
  it.effect("a split closes the parent and shares its keys between two children", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* table.put(row(1, "1"))
      const children = yield* table.splitShard()
      yield* Effect.forEach(Array.from({ length: 40 }), (_, n) => table.put(row(n, "2")))
      const { shards, streamArn } = yield* latest(table)
      const parentShardId = shards[0]?.shardId
      assert.deepStrictEqual(shards.slice(1), [
        { shardId: children[0] ?? "", parentShardId, closed: false },
        { shardId: children[1] ?? "", parentShardId, closed: false }
      ])
      const [parent, ...pages] = yield* Effect.forEach(shards, ({ shardId }) =>
        recordsOf(table.streamApi, streamArn, shardId)
      )
      assert.deepStrictEqual([parent?.records.length, parent?.next], [1, undefined])
      assert.isTrue(pages.every(({ next, records }) => records.length > 5 && next !== undefined))
    })
  )

  it.effect("pages are bounded, and a closed shard ends with its last one", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make({ recordsMax: 2 })
      yield* Effect.forEach([1, 2, 3], (n) => table.put(row(n, "1")))
      yield* table.splitShard()
      const { shards, streamArn } = yield* latest(table)
      const first = yield* recordsOf(table.streamApi, streamArn, shards[0]?.shardId ?? "")
      const second = yield* table.streamApi.records(first.next ?? "")
      assert.deepStrictEqual([first.records.length, second.records.length, second.next], [2, 1, undefined])
    })
  )

  it.effect("an iterator starts after a number or at the end, and expires after 15 minutes", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* Effect.forEach([1, 2, 3], (n) => table.put(row(n, "1")))
      const { shards, streamArn } = yield* latest(table)
      const shardId = shards[0]?.shardId ?? ""
      const [{ dynamodb }] = (yield* all(table)) as [SdkRecord]
      const after = yield* table.streamApi.shardIterator(streamArn, shardId, {
        _tag: "After",
        sequenceNumber: dynamodb.SequenceNumber
      })
      const end = yield* table.streamApi.shardIterator(streamArn, shardId, { _tag: "Latest" })
      yield* table.put(row(4, "1"))
      assert.strictEqual((yield* table.streamApi.records(after)).records.length, 3)
      assert.strictEqual((yield* table.streamApi.records(end)).records.length, 1)
      yield* TestClock.adjust("16 minutes")
      assert.strictEqual((yield* Effect.flip(table.streamApi.records(end))).reason._tag, "IteratorExpired")
    })
  )

  it.effect("what was trimmed is refused, and its closed shards are gone", () =>
    Effect.gen(function* () {
      const table = yield* MemoryTable.make()
      yield* table.put(row(1, "1"))
      const [{ dynamodb }] = (yield* all(table)) as [SdkRecord]
      const { shards, streamArn } = yield* latest(table)
      const shardId = shards[0]?.shardId ?? ""
      const start = { _tag: "After", sequenceNumber: dynamodb.SequenceNumber } as const
      yield* table.trim()
      assert.strictEqual(
        (yield* Effect.flip(table.streamApi.shardIterator(streamArn, shardId, start))).reason._tag,
        "RecordsTrimmed"
      )
      yield* table.splitShard()
      yield* table.trim()
      assert.strictEqual(
        (yield* Effect.flip(table.streamApi.shardIterator(streamArn, shardId, start))).reason._tag,
        "ShardGone"
      )
      assert.strictEqual((yield* latest(table)).shards.length, 2)
    })
  )

  it.effect(
    "a replaced stream has a later label and smaller numbers; the old one is readable until it is trimmed",
    () =>
      Effect.gen(function* () {
        const table = yield* MemoryTable.make()
        yield* table.put(row(1, "1"))
        const old = yield* latest(table)
        const [before] = yield* all(table)
        yield* table.disableStream
        yield* table.put(row(1, "unseen"))
        assert.isFalse((yield* latest(table)).enabled)
        yield* table.replaceStream("NEW_IMAGE")
        yield* table.put(row(1, "2"))
        const renewed = yield* latest(table)
        const [after] = yield* all(table)
        assert.isTrue(renewed.label > old.label && renewed.enabled && renewed.viewType === "NEW_IMAGE")
        assert.isBelow(after?.dynamodb.SequenceNumber.length ?? 99, before?.dynamodb.SequenceNumber.length ?? 0)
        const page = yield* recordsOf(table.streamApi, old.streamArn, old.shards[0]?.shardId ?? "")
        assert.deepStrictEqual([page.records.length, page.next], [1, undefined])
        yield* table.trim()
        const gone = yield* Effect.flip(table.streamApi.describeStream(old.streamArn))
        assert.strictEqual(gone.reason._tag, "StreamGone")
      })
  )

  it.effect("other tables are missing", () =>
    Effect.gen(function* () {
      const { streamApi } = yield* MemoryTable.make({ tableName: "shop" })
      assert.strictEqual((yield* Effect.flip(streamApi.findStream("table"))).reason._tag, "TableMissing")
    })
  )
})
