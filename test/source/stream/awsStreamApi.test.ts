/**
 * The AWS layer against DynamoDB Local: what the tail does with a table in memory it must do here too, and the
 * server's own errors must come out as the reasons the tail decides by.
 */
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTableCommand,
  waitUntilTableExists
} from "@aws-sdk/client-dynamodb"
import { assert, it, layer } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { TestConsole } from "effect/testing"
import { layerAws } from "../../../src/source/stream/awsStreamApi.ts"
import { layerMemory } from "../../../src/source/stream/Checkpoints.ts"
import { StreamApi } from "../../../src/source/stream/StreamApi.ts"
import { follow as followTable } from "./tailWorld.ts"
import { describeReal } from "../../servers/servers.ts"
import { pkSk } from "../../../src/example/demo/pkSk.ts"

const region = "eu-central-1"
const credentials = { accessKeyId: "local", secretAccessKey: "local" }

const key = (n: number) => ({ PK: { S: `ORDER#${n}` }, SK: { S: "DETAILS" } })

describeReal("layerAws", ({ dynamodbEndpoint: endpoint }) => {
  const client = new DynamoDBClient({ endpoint, region, credentials })
  const send = <A>(request: () => Promise<A>) => Effect.promise(request)

  const makeTable = Effect.fnUntraced(function* (name: string, view: "NEW_AND_OLD_IMAGES" | "none") {
    const TableName = `awsStreamApi-${name}`
    yield* send(() =>
      client.send(
        new CreateTableCommand({
          TableName,
          ...pkSk,
          ...(view === "none" ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: view } })
        })
      )
    )
    yield* send(() => waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName }))
    return TableName
  })

  const put = (TableName: string, n: number, qty: string) =>
    send(() => client.send(new PutItemCommand({ TableName, Item: { ...key(n), qty: { N: qty } } })))

  const follow = Effect.fnUntraced(function* (tableName: string) {
    const told: Array<string> = []
    yield* followTable({ tableName, from: "checkpoint", until: "caught-up", pollEvery: "20 millis" }, (batches) =>
      Effect.sync(() => {
        for (const read of batches.flatMap(({ changes }) => changes)) {
          const { image, keys, origin } = Result.getOrThrow(read)
          assert.isTrue(origin._tag === "Stream" && /^\d{21,}$/.test(origin.sequenceNumber))
          assert.isTrue(origin._tag === "Stream" && origin.viewType === "NEW_AND_OLD_IMAGES")
          assert.isTrue(origin._tag === "Stream" && (origin.createdAt ?? 0) > 1_700_000_000_000)
          told.push(`${JSON.stringify(keys["PK"])} ${image === undefined ? "removed" : JSON.stringify(image["qty"])}`)
        }
        return { unacknowledged: [] }
      })
    )
    return told
  })

  layer(Layer.mergeAll(layerAws({ endpoint, region, credentials }), TestConsole.layer), { excludeTestServices: true })(
    "follows a table",
    (it) => {
      it.effect("once, and after a restart only what is new", () =>
        Effect.gen(function* () {
          const table = yield* makeTable("followed", "NEW_AND_OLD_IMAGES")
          yield* put(table, 1, "2")
          yield* put(table, 1, "2")
          yield* put(table, 1, "3")
          yield* send(() => client.send(new DeleteItemCommand({ TableName: table, Key: key(1) })))
          assert.deepStrictEqual(yield* follow(table), [
            `{"S":"ORDER#1"} {"N":"2"}`,
            `{"S":"ORDER#1"} {"N":"3"}`,
            `{"S":"ORDER#1"} removed`
          ])
          yield* put(table, 2, "1")
          assert.deepStrictEqual(yield* follow(table), [`{"S":"ORDER#2"} {"N":"1"}`])
        }).pipe(Effect.provide(layerMemory))
      )

      it.effect("case 26: over a stream that is switched off and on, from one checkpoint", () =>
        Effect.gen(function* () {
          const table = yield* makeTable("replaced", "NEW_AND_OLD_IMAGES")
          const change = (StreamSpecification: UpdateTableCommand["input"]["StreamSpecification"]) =>
            send(() => client.send(new UpdateTableCommand({ TableName: table, StreamSpecification })))
          yield* put(table, 1, "1")
          yield* follow(table)
          yield* put(table, 2, "2")
          yield* change({ StreamEnabled: false })
          yield* put(table, 3, "3")
          yield* change({ StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" })
          yield* put(table, 4, "4")
          const told = yield* follow(table)
          assert.deepStrictEqual(told, [`{"S":"ORDER#2"} {"N":"2"}`, `{"S":"ORDER#4"} {"N":"4"}`])
          assert.match((yield* TestConsole.logLines).join("\n"), /is a new one .* run a verify or a backfill/)
        }).pipe(Effect.provide(layerMemory))
      )

      it.effect("and knows tables without a stream, disabled streams, and what is not there", () =>
        Effect.gen(function* () {
          const { describeStream, findStream, records, shardIterator } = yield* StreamApi
          const table = yield* makeTable("described", "none")
          assert.isUndefined((yield* findStream(table)).latest)
          const enable = (StreamSpecification: UpdateTableCommand["input"]["StreamSpecification"]) =>
            send(() => client.send(new UpdateTableCommand({ TableName: table, StreamSpecification })))
          yield* enable({ StreamEnabled: true, StreamViewType: "KEYS_ONLY" })
          const { latest, tableArn } = yield* findStream(table)
          assert.deepInclude(latest, { enabled: true, viewType: "KEYS_ONLY" })
          assert.strictEqual(latest?.streamArn, `${tableArn}/stream/${latest?.label}`)
          const streamArn = latest?.streamArn ?? ""
          const { shards } = yield* describeStream(streamArn)
          assert.deepStrictEqual(shards, [
            { shardId: shards[0]?.shardId ?? "", parentShardId: undefined, closed: false }
          ])
          yield* enable({ StreamEnabled: false })
          assert.isFalse((yield* findStream(table)).latest?.enabled ?? false)

          const reason = (request: Effect.Effect<unknown, { readonly reason: { readonly _tag: string } }>) =>
            Effect.map(Effect.flip(request), (error) => error.reason._tag)
          const start = { _tag: "TrimHorizon" } as const
          assert.strictEqual(yield* reason(findStream("awsStreamApi-nowhere")), "TableMissing")
          assert.strictEqual(yield* reason(describeStream(`${tableArn}/stream/2020-01-01T00:00:00.000`)), "StreamGone")
          assert.strictEqual(
            yield* reason(shardIterator(streamArn, "shardId-00000000000000000000-00000000", start)),
            "ShardGone"
          )
          assert.strictEqual(yield* reason(records("no iterator")), "Refused")
        })
      )
    }
  )

  it.live("an endpoint that nobody listens on is unavailable", () =>
    Effect.gen(function* () {
      const unreachable = layerAws({ endpoint: "http://127.0.0.1:9", region, credentials })
      const find = Effect.flatMap(StreamApi, ({ findStream }) => findStream("shop"))
      assert.strictEqual((yield* Effect.flip(find).pipe(Effect.provide(unreachable))).reason._tag, "Unavailable")
    })
  )
})
