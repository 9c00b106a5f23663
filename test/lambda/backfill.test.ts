/** Filling in parts on real servers: out of an export and by a scan, twice, and what is refused. */
import { assert, describe } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { afterAll, beforeAll, it, vi } from "vitest"
import { table as definition } from "../../src/example/table.ts"
import { format as timeOf } from "../../src/IsoTime.ts"
import { Lambda, OpenSearchIndex } from "../../src/lambda/index.ts"
import * as OrdersTable from "../cli/OrdersTable.ts"
import { startS3Mock } from "../servers/S3Mock.ts"
import { describeReal } from "../servers/servers.ts"
import { buckets, type Places } from "../source/export/exportPlaces.ts"
import { type Content, exported, type Fault } from "../source/export/exports.ts"
import { searchAll } from "../whole/opensearch.ts"

const s3 = await startS3Mock()
afterAll(() => s3?.stop())

const now = () => Effect.runSync(Clock.currentTimeMillis)
const orders = 300

const rowsOf = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) => [
    OrdersTable.details(first + n),
    ...[1, 2].map((i) => OrdersTable.item(first + n, i))
  ]).flat()

describeReal("Lambda.backfill", (servers) => {
  const name = "lambda-backfill"
  let places: Places
  let table: OrdersTable.OrdersTable
  let content: Content
  let handler: Lambda.BackfillHandler

  beforeAll(async () => {
    if (s3 === undefined) return
    places = buckets(s3.endpoint, "lambda-backfill")
    const env = {
      OPENSEARCH_NODE: servers.openSearchNode,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: servers.dynamodbEndpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_LAMBDA_LOG_LEVEL: "FATAL"
    }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    table = await OrdersTable.make(name, servers)
    await table.put(...rowsOf(0, orders))
    const files = [0, 100, 200].map((first) => rowsOf(first, 100)) as unknown as Content["files"]
    content = { tableArn: table.arn, exportTime: timeOf(now()), files: [...files, []] }
    vi.stubEnv("OPENSEARCH_ALIAS_PREFIX", `${name}-`)
    handler = Lambda.backfill(definition, { layer: OpenSearchIndex.layerConfig })
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await table?.drop()
    await places?.clear()
  })

  /** An event goes through JSON, as whatever is between two invocations. */
  const invoke = async (event: unknown): Promise<any> =>
    JSON.parse(
      JSON.stringify(await handler(JSON.parse(JSON.stringify(event)), { getRemainingTimeInMillis: () => 60_000 }))
    )

  const manifest = async ({ key }: { readonly key: string }) => {
    const text = await (await fetch(`${s3!.endpoint}/lambda-backfill/${encodeURI(key)}`)).text()
    return text
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line))
  }
  const isFilled = async () => {
    const { stdout } = await table.run("status", ["--json"])
    return JSON.parse(stdout).aggregates.find((one: any) => one.alias === `${name}-orders`).generations[0].filled
  }
  const verify = async () => (await table.run("verify", [name, "--settle", "0"])).code

  it.skipIf(s3 === undefined)("fills out of an export, file by file; done again it changes nothing", async () => {
    const place = await places.put(exported(content))
    const { manifest: list, plan } = await invoke({ export: place })
    const files = await manifest(list)
    assert.strictEqual(files.length, 4)
    const counts: Array<any> = []
    for (const part of files.toReversed()) {
      const answer = await invoke({ plan, part, at: "new" })
      assert.isTrue(answer.isFinished)
      counts.push(answer.counts)
    }
    assert.deepStrictEqual(
      counts.map(({ rows, written }) => [rows, written]),
      [0, 300, 300, 300].map((rows) => [rows, rows / 3])
    )
    assert.isFalse(await isFilled())
    const documents = () => searchAll(servers.openSearchNode, `${name}-orders`)
    const before = await documents()
    assert.strictEqual(before.size, orders)
    for (const part of files) {
      const { counts } = await invoke({ plan, part })
      assert.deepInclude(counts, { written: 0 })
    }
    assert.deepStrictEqual(await documents(), before)
    const { verificationDue } = await invoke({ plan, end: true })
    assert.match(verificationDue.join(), /^the export is older than lambda-backfill-orders-000001, /)
    assert.isTrue(await isFilled())
    assert.strictEqual(await verify(), 0)
  })

  it.skipIf(s3 === undefined)("fills by a scan, segment by segment", async () => {
    const { parts, plan } = await invoke({ tableName: name })
    assert.isFalse(plan.isFirst)
    let rows = 0
    for (const part of parts) rows += (await invoke({ plan, part, at: "new" })).counts.rows
    assert.strictEqual(rows, 3 * orders)
    const { verificationDue } = await invoke({ plan, end: true })
    assert.match(verificationDue[0], /was filled before/)
    assert.strictEqual(await verify(), 0)
  })

  describe.skipIf(s3 === undefined)("refuses", () => {
    const refusal = (event: unknown) =>
      invoke(event).then(
        () => "nothing",
        (error: Error) => `${error.name}: ${error.message}`
      )
    const begun = async (own: Partial<Content>, fault?: Fault) =>
      refusal({ export: await places.put(exported({ ...content, ...own }, fault)) })

    it("what can't be begun", async () => {
      assert.match(await refusal({}), /^FillRefused: the event is none of a backfill: it must be/)
      assert.match(await refusal({ plan: 1, end: true }), /^FillRefused: the event is none of a backfill/)
      assert.match(await refusal({ export: "shop" }), /^FillRefused: "shop" is no place in S3/)
      const old = timeOf(now() - 32 * 24 * 3600 * 1000)
      assert.match(await begun({ exportTime: old }), /^FillRefused: .* more than 31 days ago/)
      const other = table.arn.replace(/table\/.*/, `table/${name}`).replace(":000000000000:", ":111111111111:")
      assert.match(await begun({ tableArn: other }), /^FillRefused: .* is an export of .*:111111111111:.*, not of /)
      assert.match(
        await begun({}, { summary: { exportType: "INCREMENTAL_EXPORT" } }),
        /^ExportError: .*make a full export/
      )
    })

    it("to wait for what does not answer, while there is time to say so", async () => {
      vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
      const asked = handler({ export: "s3://lambda-backfill/x" }, { getRemainingTimeInMillis: () => 2_000 })
      const error = await asked.then(() => undefined, String)
      vi.stubEnv("AWS_ENDPOINT_URL_S3", s3!.endpoint)
      assert.strictEqual(error, "FillTooSlow: S3, DynamoDB or OpenSearch did not answer in time; the log says which")
    })

    it("a file that is not as it was exported, and a plan for other indices", async () => {
      const place = await places.put(exported(content, { instead: Buffer.from("tampered") }))
      const { manifest: list, plan } = await invoke({ export: place })
      const files = await manifest(list)
      assert.match(
        await refusal({ plan, part: files.at(-1) }),
        /^ExportError: .* is not as it was exported: its MD5 is/
      )
      const other = { ...plan, target: "another" }
      assert.match(await refusal({ plan: other, part: files[0] }), /^FillRefused: the fill was begun for another, and /)
      assert.match(await refusal({ plan: other, end: true }), /begin it anew$/)
    })
  })
})
