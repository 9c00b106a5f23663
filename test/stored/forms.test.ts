/**
 * What is stored beside documents, each with all that it may hold: a generation's description and state, a dead letter,
 * the states of a scan and of a stream that is followed. This version reads them as they were, and writes them so.
 */
import { NodeFileSystem } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Option, Result, Schema } from "effect"
import * as DeadLetter from "../../src/sink/deadletter/DeadLetter.ts"
import { Meta } from "../../src/sink/opensearch/Meta.ts"
import { State } from "../../src/sink/opensearch/State.ts"
import * as ScanProgress from "../../src/source/scan/ScanProgress.ts"
import * as Checkpoints from "../../src/source/stream/Checkpoints.ts"

const tableArn = "arn:aws:dynamodb:eu-west-1:1:table/shop"
const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`
const source = { kind: "stream", tableArn, epoch: 1767225600000 }

const meta = {
  format: 1,
  hash: "ae678ac0e085b14e",
  description: { key: "ORDER#{orderId}" },
  source,
  writeAlias: "orders-000001-write-ct2v88frj",
  createdAt: 1767225600000
}

const state = {
  format: 1,
  marks: 3,
  identity: "index/history",
  current: "ae678ac0e085b14e",
  accepts: ["0b1567bc958a8ce0", "ae678ac0e085b14e"],
  description: { key: "ORDER#{orderId}" },
  source,
  keys: { partitionKey: "PK", sortKey: "SK" },
  filled: true,
  incomplete: { number: 2, at: 1767225600001, reason: "a batch was acknowledged without it" },
  verificationDue: { number: 3, at: 1767225600002, reason: "it was restored" },
  promotedAt: 1767225600003,
  verifiedAt: 1767225600004,
  dropped: ["408c2405fcd7f7f1"],
  writers: { ae678ac0e085b14e: { at: 1767225600005, newest: 2 } },
  resumedAt: 1767225600006,
  late: { from: 1767225600007, at: 1767225600008, oldestAt: 1767225500000, before: 1767225400000 },
  proof: {
    since: 1767225600000,
    table: {
      position: 3,
      begunAt: 1767225600009,
      open: { after: { PK: { S: "ORDER#1" }, b: { B: "AQ==" } }, at: 1767225600010, compared: 5, refused: 1 },
      parts: [{ upTo: 9007199254740991, at: 1767225600009, compared: 7, refused: 0 }]
    },
    index: {
      position: 40,
      begunAt: 1767225600009,
      until: { place: 90, at: 1767225600009, isLast: false },
      parts: [{ upTo: 40, at: 1767225600009, compared: 7, refused: 0 }]
    },
    differences: [
      { id: "h:1", longKey: "ORDER#1", since: 1767225600011, basis: "AQ==", kinds: ["wrong row"], isWrong: true }
    ],
    repaired: 2
  }
}

it.each<[string, Schema.Codec<any, any>, object]>([
  ["a generation's description", Meta, meta],
  ["a generation's state", State, state]
])("%s", (_, schema, stored) => {
  const read = Schema.decodeUnknownSync(schema)(stored, { onExcessProperty: "error" })
  assert.deepStrictEqual(Schema.encodeSync(schema)(read), stored)
  assert.deepStrictEqual(Object.keys((schema as typeof State).fields).toSorted(), Object.keys(stored).toSorted())
})

it("a generation's state from before there was proof", () => {
  const { late: _, proof: __, ...before } = state
  assert.deepStrictEqual(Schema.encodeSync(State)(Schema.decodeUnknownSync(State)(before)), before as never)
})

it("a dead letter, whose id is the same for the same row", () => {
  const row = {
    key: "ORDER#1 / ITEM#2",
    keys: { PK: { S: "ORDER#1" }, SK: { B: "AQ==" }, n: { N: "1" } },
    version: { epoch: 1767225600000, kind: 1, sequence: "800000000000000000001", reading: 1767225600001 },
    streamArn,
    sequenceNumber: "800000000000000000001",
    data: { quantity: { S: "two" } }
  } as const
  const about = {
    tableArn,
    aggregate: "orders",
    rows: [row],
    reason: "refused",
    serverType: "parsing_exception"
  } as const
  const stored = {
    format: 1,
    id: "f5b1f8287b6fa5f33201258e1247ec65",
    ...about,
    firstAt: "2026-01-01T00:00:00.000Z",
    lastAt: "2026-01-01T00:00:00.000Z"
  }
  const made = DeadLetter.make(about, 1767225600000)
  assert.deepStrictEqual(made, stored as never)
  assert.deepStrictEqual(Object.keys(DeadLetter.Row.fields), Object.keys(row))
  assert.deepStrictEqual(Object.keys(DeadLetter.DeadLetter.fields).toSorted(), Object.keys(stored).toSorted())
  const read = Result.getOrThrow(DeadLetter.decode(stored))
  assert.deepStrictEqual(JSON.parse(DeadLetter.encode(read)), stored)
})

const scan = {
  format: 1,
  tableArn,
  target: "orders-000001",
  startedAt: 1767225600000,
  writtenFrom: 1767225500000,
  rows: 7,
  segments: ["new", { after: { PK: { S: "ORDER#1" }, SK: { N: "1" }, b: { B: "AQ==" } } }, "finished"]
}
const checkpoint = {
  format: 1,
  streamArn,
  listedTo: 1767225600000,
  shards: { "shardId-1": "begun", "shardId-2": "800000000000000000001", "shardId-3": "finished" },
  times: { "shardId-2": { recordAt: 1767225600001, readTo: 1767225600002 } }
}

/** A file, loaded and saved again: the same. */
const kept = Effect.fnUntraced(function* <S, E>(
  stored: object,
  again: (path: string) => Effect.Effect<Option.Option<S>, E, FileSystem.FileSystem>
) {
  const files = yield* FileSystem.FileSystem
  const path = `${yield* files.makeTempDirectoryScoped()}/state.json`
  yield* files.writeFileString(path, JSON.stringify(stored))
  assert.isTrue(Option.isSome(yield* again(path)))
  assert.deepStrictEqual(JSON.parse(yield* files.readFileString(path)), stored)
}, Effect.provide(NodeFileSystem.layer))

it.live("the state of a scan", () =>
  kept(scan, (path) =>
    Effect.gen(function* () {
      const progress = yield* ScanProgress.ScanProgress
      const state = yield* progress.load
      yield* progress.save(Option.getOrThrow(state))
      return state
    }).pipe(Effect.provide(ScanProgress.layerFile(path)))
  )
)

it.live("the checkpoint of a stream", () =>
  kept(checkpoint, (path) =>
    Effect.gen(function* () {
      const checkpoints = yield* Checkpoints.Checkpoints
      const state = yield* checkpoints.load
      yield* checkpoints.save(Option.getOrThrow(state))
      return state
    }).pipe(Effect.provide(Checkpoints.layerFile(path)))
  )
)
