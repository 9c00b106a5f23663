/** The AWS layer against DynamoDB Local: what a scan does with a table in memory it must do here too. */
import { CreateTableCommand, DynamoDBClient, PutItemCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb"
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, References, Stream } from "effect"
import { layerAws } from "../../../src/source/scan/awsScanApi.ts"
import type { Change } from "../../../src/source/Change.ts"
import { ScanApi } from "../../../src/source/scan/ScanApi.ts"
import { layerMemory } from "../../../src/source/scan/ScanProgress.ts"
import * as Scan from "../../../src/source/scan/Scan.ts"
import * as TableScan from "../../../src/source/scan/TableScan.ts"
import { describeReal } from "../../servers/servers.ts"

const region = "eu-central-1"
const credentials = { accessKeyId: "local", secretAccessKey: "local" }

const types = {
  S: (n: number) => ({ S: `k${n}` }),
  N: (n: number) => ({ N: `${n}` }),
  B: (n: number) => ({ B: Uint8Array.of(n) })
}

describeReal("layerAws", ({ dynamodbEndpoint: endpoint }) => {
  const client = new DynamoDBClient({ endpoint, region, credentials })

  const makeTable = async (type: keyof typeof types, StreamEnabled: boolean) => {
    const TableName = `awsScanApi-${type}-${StreamEnabled}`
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["p", "s"].map((AttributeName) => ({ AttributeName, AttributeType: type })),
        KeySchema: [
          { AttributeName: "p", KeyType: "HASH" },
          { AttributeName: "s", KeyType: "RANGE" }
        ],
        ...(StreamEnabled ? { StreamSpecification: { StreamEnabled, StreamViewType: "NEW_IMAGE" } } : {})
      })
    )
    await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName })
    const value = types[type]
    for (let p = 0; p < 5; p++) {
      for (let s = 0; s < 4; s++) {
        await client.send(new PutItemCommand({ TableName, Item: { p: value(p), s: value(s), x: { S: "x" } } }))
      }
    }
    return TableName
  }

  it.effect.each(["S", "N", "B"] as const)("scans keys of type %s in pages, stopped at each batch", (type) =>
    Effect.gen(function* () {
      const tableName = yield* Effect.promise(() => makeTable(type, true))
      const seen: Array<string> = []
      const once = Effect.suspend(() => {
        let left = 1
        const deliver = ({ changes, position }: Scan.Batch) => {
          if (left-- === 0) return Effect.fail("stopped")
          seen.push(...changes.map(({ success }) => textOf(success)))
          return Effect.succeed([position])
        }
        return Effect.flatMap(TableScan.begin({ tableName, target: "t", segments: 3, segmentsAtOnce: 1 }), (begun) =>
          Scan.run(begun, Stream.mapEffect(deliver))
        )
      })
      const api = yield* ScanApi
      // Pages of three rows, which DynamoDB would give for rows of 300 kB.
      const paged = ScanApi.of({ ...api, scan: (segment) => api.scan({ ...segment, rowsMax: 3 }) })
      yield* Effect.gen(function* () {
        while (Exit.isFailure(yield* Effect.exit(once))) assert.isBelow(seen.length, 100)
      }).pipe(Effect.provide(Layer.mergeAll(Layer.succeed(ScanApi, paged), layerMemory)))
      assert.strictEqual(seen.length, 20)
      assert.strictEqual(new Set(seen).size, 20)
      for (let i = 0; i < 20; i += 4) {
        const partitions = seen.slice(i, i + 4).map((text) => text.split(" ")[0])
        assert.strictEqual(new Set(partitions).size, 1, "the rows of one partition stand together")
      }
      const described = yield* api.describe(tableName)
      assert.deepInclude(described, { partitionKey: { name: "p", type }, sortKey: { name: "s", type }, rows: 20 })
      assert.isAbove(described.epoch, 1_700_000_000_000)
      const own = yield* api.query({
        tableName,
        partitionKey: ["p", types[type](3)],
        sortKeyPrefix: type === "S" ? ["s", "k2"] : undefined,
        after: undefined
      })
      assert.strictEqual(own.items.length, type === "S" ? 1 : 4)
      assert.isAbove(own.units, 0)
    }).pipe(
      Effect.provide(layerAws({ endpoint, region, credentials })),
      Effect.provideService(References.MinimumLogLevel, "Error")
    )
  )

  it.effect("a table without a stream has epoch 0, one that is not there is said", () =>
    Effect.gen(function* () {
      const tableName = yield* Effect.promise(() => makeTable("S", false))
      const api = yield* ScanApi
      assert.strictEqual((yield* api.describe(tableName)).epoch, 0)
      const error = yield* Effect.flip(api.describe("nowhere"))
      assert.strictEqual(error.reason._tag, "TableMissing")
      assert.include(error.message, "check the table's name")
    }).pipe(Effect.provide(layerAws({ endpoint, region, credentials })))
  )
})

const textOf = ({ keys }: Change) => `${JSON.stringify(keys["p"])} ${JSON.stringify(keys["s"])}`
