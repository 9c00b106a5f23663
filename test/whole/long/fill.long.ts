/**
 * An index filled by several processes out of an export in S3, as a distributed map would: some are killed when a write
 * was done and its answer not yet given, and begin their file anew; OpenSearch refuses some bulks with 429; some have so
 * little time that they go on with a next invocation. Every document is right then.
 *
 * `ROWS` says how many rows there are, 200,000 by default.
 */
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { assert } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "vitest"
import { table as definition } from "../../../src/example/table.ts"
import { OpenSearchIndex } from "../../../src/lambda/index.ts"
import { verify } from "../../../src/maintain/verify.ts"
import type { Attributes } from "../../../src/source/Change.ts"
import { ScanApi } from "../../../src/source/scan/ScanApi.ts"
import { TableReader } from "../../../src/source/scan/TableReader.ts"
import * as OrdersTable from "../../cli/OrdersTable.ts"
import { startS3Mock } from "../../servers/S3Mock.ts"
import { describeReal } from "../../servers/servers.ts"
import { exported } from "../../source/export/exports.ts"
import { type BulkProxy, startBulkProxy } from "./BulkProxy.ts"

const itemsEach = 3
const files = 20
const orders = Number(process.env["ROWS"] ?? 200_000) / (1 + itemsEach)
const workers = 3
const kills = 6

const rowsOf = (order: number): ReadonlyArray<Attributes> =>
  [OrdersTable.details(order), ...[1, 2, 3].map((n) => OrdersTable.item(order, n))] as never

/** The table as the export has it, computed and not stored: `verify` reads it. */
const layerTable = (tableArn: string) => {
  const key = (name: string) => ({ name, type: "S" }) as const
  const table = { tableArn, partitionKey: key("PK"), sortKey: key("SK"), epoch: 1, bytes: 0, rows: 0 }
  const rowAt = ({ PK, SK }: any): Attributes | undefined => {
    const order = Number(PK.S.slice("ORDER#".length))
    return order < orders ? rowsOf(order).find((row: any) => row.SK.S === SK.S) : undefined
  }
  const page = 500
  return Layer.merge(
    Layer.succeed(ScanApi, {
      describe: () => Effect.succeed(table),
      scan: ({ after, segment, segments }) =>
        Effect.sync(() => {
          const end = Math.floor((orders * (segment + 1)) / segments)
          const first =
            after === undefined ? Math.floor((orders * segment) / segments) : Number((after as any).PK.S.slice(6)) + 1
          const last = Math.min(first + page, end)
          const items = Array.from({ length: Math.max(0, last - first) }, (_, i) => rowsOf(first + i)).flat()
          const { PK, SK } = (items.at(-1) ?? {}) as any
          return { items, last: last < end ? { PK, SK } : undefined, units: 0 }
        }),
      query: ({ partitionKey: [, { S }] }: any) =>
        Effect.sync(() => ({ items: rowsOf(Number(S.slice("ORDER#".length))), last: undefined, units: 0 }))
    }),
    Layer.succeed(TableReader, {
      keyNames: () => Effect.succeed({ partitionKey: "PK", sortKey: "SK" }),
      rows: (_, keys) => Effect.sync(() => keys.map(rowAt)),
      has: (_, keys) => Effect.sync(() => keys.map((key) => rowAt(key) !== undefined))
    })
  )
}

/** A function's container: one invocation at a time, and another process where it was killed. */
class Worker {
  proxy: BulkProxy | undefined
  killed = 0
  private child: ChildProcess | undefined
  private killAfter = 0
  private readonly env: { readonly [name: string]: string }

  constructor(env: { readonly [name: string]: string }) {
    this.env = env
  }

  /** Kills the process when that many more bulks were done, and gives it no answer to the last. */
  killAtBulk(count: number): void {
    this.killAfter = count
  }

  async invoke(event: unknown, left: number): Promise<{ answer?: any; error?: string; isKilled?: true }> {
    this.proxy ??= await startBulkProxy(this.env["OPENSEARCH_NODE"]!, {
      refuseEvery: 7,
      onBulk: () => {
        if (this.killAfter === 0 || --this.killAfter > 0) return "answer"
        this.child?.kill("SIGKILL")
        return "none"
      }
    })
    const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|OPENSEARCH_|NODE_OPTIONS)/.test(name))
    this.child ??= fork(join(import.meta.dirname, "fillMain.ts"), {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: {
        ...Object.fromEntries(inherited),
        ...this.env,
        OPENSEARCH_NODE: this.proxy.address,
        NODE_COMPILE_CACHE: join(tmpdir(), "tablefold-test-compile-cache")
      }
    })
    const child = this.child
    return new Promise((resolve) => {
      const ended = () => {
        this.killed++
        this.child = undefined
        resolve({ isKilled: true })
      }
      child.once("exit", ended)
      child.once("message", (answer: object) => {
        child.off("exit", ended)
        resolve(answer)
      })
      child.send({ event, left })
    })
  }

  stop(): void {
    this.child?.kill("SIGKILL")
    this.proxy?.stop()
  }
}

describeReal("several processes", (servers) => {
  it("fill an index out of an export, some killed in the midst", async ({ skip }) => {
    const s3 = await startS3Mock()
    if (s3 === undefined) return skip("needs Java 17 and Maven")
    const name = `fill${process.pid}`
    const table = await OrdersTable.make(name, servers)
    const access = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" }
    const credentials = { accessKeyId: "local", secretAccessKey: "local" }
    const client = new S3Client({ endpoint: s3.endpoint, forcePathStyle: true, region: "us-east-1", credentials })
    await client.send(new CreateBucketCommand({ Bucket: "fill" }))
    const parts = Array.from({ length: files }, (_, file) => {
      const [first, end] = [file, file + 1].map((n) => Math.floor((orders * n) / files)) as [number, number]
      return Array.from({ length: end - first }, (_, i) => rowsOf(first + i)).flat()
    })
    const content = { tableArn: table.arn, exportTime: new Date().toISOString(), files: parts }
    let manifest = ""
    for (const [Key, Body] of exported(content)) {
      await client.send(new PutObjectCommand({ Bucket: "fill", Key, Body }))
      if (Key.endsWith("manifest-files.json")) manifest = Buffer.from(Body).toString()
    }
    client.destroy()

    const env = {
      OPENSEARCH_NODE: servers.openSearchNode,
      OPENSEARCH_ALIAS_PREFIX: `${name}-`,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: servers.dynamodbEndpoint,
      ...access
    }
    const all = Array.from({ length: workers }, () => new Worker(env))
    const began = Date.now()
    const { answer: begun, error } = await all[0]!.invoke({ export: "s3://fill" }, 60_000)
    assert.isUndefined(error)
    const { plan } = begun
    const waiting = manifest
      .trim()
      .split("\n")
      .map((line): any => ({ plan, part: JSON.parse(line), at: "new" }))
    let [invocations, toKill, cut] = [0, kills, 0]
    const counts: Array<any> = []
    await Promise.all(
      all.map(async (worker) => {
        for (let event = waiting.shift(); event !== undefined;) {
          if (toKill > 0 && event.at === "new") worker.killAtBulk(1 + (toKill-- % 3))
          // Every fourth invocation has time for a part of its file.
          const { answer, error, isKilled } = await worker.invoke(event, ++invocations % 4 === 0 ? 6_000 : 60_000)
          if (error !== undefined) assert.match(error, /^FillTooSlow/)
          if (answer?.isFinished === false) cut++
          if (answer?.isFinished === true) counts.push(answer.counts)
          event = isKilled || error !== undefined ? event : answer.isFinished ? waiting.shift() : answer
        }
      })
    )
    const { answer: ended } = await all[0]!.invoke({ plan, end: true }, 60_000)
    assert.isArray(ended.verificationDue)
    const seconds = (Date.now() - began) / 1000
    const sum = (of: (worker: Worker) => number) => all.reduce((total, worker) => total + of(worker), 0)
    const [writes, refused, killed] = [
      sum(({ proxy }) => proxy?.writes() ?? 0),
      sum(({ proxy }) => proxy?.refused() ?? 0),
      sum(({ killed }) => killed)
    ]
    for (const worker of all) worker.stop()

    const verifying = Date.now()
    const report = await Effect.runPromise(
      verify(definition, { tableName: name, settle: "0 seconds", segments: 8 }).pipe(
        Effect.provide(Layer.merge(OpenSearchIndex.layerConfig, layerTable(table.arn))),
        Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      )
    )
    const verified = (Date.now() - verifying) / 1000
    await table.drop()
    await s3.stop()
    process.stderr.write(
      `${orders * (1 + itemsEach)} rows, ${files} files, ${workers} processes: ${invocations} invocations, ${killed} killed, ` +
        `${cut} cut by their time, ${refused} bulks refused; ${orders} documents by ${writes} writes in ${seconds} s; ` +
        `verified in ${verified} s\n`
    )
    assert.strictEqual(killed, kills)
    assert.isAbove(refused, 0)
    assert.strictEqual(report.drift, 0, JSON.stringify(report.named))
    assert.deepInclude(report, { documents: orders, rows: orders * (1 + itemsEach), restless: 0, unwritten: 0 })
    // A file that is begun anew writes again at most what it had written, and a conflict's answer was a write that is not.
    const perFile = Math.ceil(orders / files)
    assert.isAtMost(writes, orders + (kills + refused) * perFile)
    assert.isAtMost(writes / orders, 1.5)
  }, 900_000)
})
