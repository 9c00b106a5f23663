/**
 * The function and every command with exactly the rights that `tablefold policy` prints: on a real OpenSearch with its
 * security plugin, and for IAM each request that they sent is held against the policy. No part of a policy is there for
 * nothing.
 */
import { type AttributeValue, DescribeTableCommand } from "@aws-sdk/client-dynamodb"
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs"
import { assert } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { readFile, symlink, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, it } from "vitest"
import * as policies from "../../../src/deploy/policies.ts"
import { sweep } from "../../../src/generation/sweep.ts"
import * as Lambda from "../../../src/lambda/Lambda.ts"
import * as OpenSearchIndex from "../../../src/maintain/openSearchIndex.ts"
import * as Documents from "../../../src/sink/Documents.ts"
import * as sqs from "../../../src/sink/deadletter/sqs.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Transport } from "../../../src/sink/opensearch/Transport.ts"
import * as awsScanApi from "../../../src/source/scan/awsScanApi.ts"
import * as awsTableReader from "../../../src/source/scan/awsTableReader.ts"
import * as OrdersTable from "../../cli/OrdersTable.ts"
import { tablefold } from "../../cli/program.ts"
import type { Row } from "../../cli/RealTable.ts"
import * as iam from "../../deploy/iam.ts"
import { withoutPointInTime } from "../../maintain/withoutPointInTime.ts"
import { startElasticMq } from "../../servers/ElasticMq.ts"
import type { Started } from "../../servers/startServer.ts"
import { servers } from "../../servers/servers.ts"
import { clientOf, readStream } from "../dynamodb.ts"
import { describeOwn, useScope } from "./own.ts"
import { record, type Recorder } from "./Recorder.ts"
import { type Secured, start } from "./Secured.ts"

const root = resolve(import.meta.dirname, "../../..")
const define = join(root, "src/define")
const name = "rights"
const prefix = `${name}-`
const credentials = { accessKeyId: "local", secretAccessKey: "local" }
const password = "Correct-Horse-7-Battery"

/** A definition, one with a field and another refresh interval more, and one that needs a new index. */
const definitions = `
import { Schema } from "effect"
import * as Aggregate from "${define}/Aggregate.ts"
import * as Table from "${define}/Table.ts"
const parts = { orderItems: Aggregate.many("ITEM#{n}", { productName: Schema.String, quantity: Schema.Int }) }
const order = (fields, options) =>
  Aggregate.make("orders", { key: "ORDER#{orderId}", root: Aggregate.root("DETAILS", fields), parts, ...options })
const fields = { status: Schema.String }
const more = { ...fields, note: Schema.optionalKey(Schema.String) }
const index = { refreshInterval: "2s" }
const keys = { partitionKey: "PK", sortKey: "SK" }
const grown = order(more, { index })
export const tables = {
  first: Table.make({ ...keys, aggregates: [order(fields)] }),
  grown: Table.make({ ...keys, aggregates: [grown] }),
  both: Table.make({ ...keys, aggregates: [order(more, { index, revision: 1 })], previous: [grown] })
}
`

describeOwn("with the least rights", () => {
  const use = useScope()
  let secured: Secured
  let queueServer: Started
  let table: OrdersTable.OrdersTable
  let queue = ""
  const recorders: Array<Recorder> = []
  let [search, dynamodb, queues]: Array<Recorder> = []

  const aliases = [`${prefix}orders`]
  const places = () => ({
    tableArn: table.arn,
    domainArn: "arn:aws:es:eu-west-1:000000000000:domain/search",
    queueArn: "arn:aws:sqs:eu-west-1:000000000000:dead-letters",
    aliases
  })

  const asAdmin = async (method: string, path: string, body?: unknown) => {
    const answer = await secured.ask(method, path, body)
    assert.include([200, 201], answer.status, answer.text)
  }
  const makeUser = async (user: string, role: policies.Role) => {
    await asAdmin("PUT", `/_plugins/_security/api/internalusers/${user}`, { password })
    await asAdmin("PUT", `/_plugins/_security/api/roles/${user}`, role)
    await asAdmin("PUT", `/_plugins/_security/api/rolesmapping/${user}`, { users: [user] })
  }
  const statusAs = async (user: string, method: string, path: string, body?: unknown) => {
    const headers = {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      "content-type": "application/json"
    }
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    return (await fetch(`${search!.address}${path}`, { method, headers, ...content })).status
  }

  beforeAll(async () => {
    secured = await use(start)
    queueServer = (await startElasticMq())!
    search = await record(secured.node, await readFile(secured.authority, "utf8"))
    dynamodb = await record(servers!.dynamodbEndpoint)
    queues = await record(queueServer.endpoint)
    recorders.push(search, dynamodb, queues)
    await makeUser("function", policies.roleOfFunction(aliases))
    await makeUser("verifier", policies.roleOfVerifier(aliases))
    await makeUser("operator", policies.roleOfOperator(aliases))
    await makeUser("reader", policies.roleOfReader(aliases))
    const maker = new SQSClient({ endpoint: queueServer.endpoint, region: "elasticmq", credentials })
    const { QueueUrl } = await maker.send(new CreateQueueCommand({ QueueName: "dead-letters" }))
    maker.destroy()
    queue = `${queues.address}${new URL(QueueUrl!).pathname}`
    table = await OrdersTable.make(name, { ...servers!, openSearchNode: search.address })
    await symlink(join(root, "node_modules"), join(table.folder, "node_modules"))
    await writeFile(join(table.folder, "definitions.ts"), definitions)
    for (const one of ["first", "grown", "both"]) {
      const text = `import { tables } from "./definitions.ts"\nexport const table = tables.${one}\n`
      await writeFile(join(table.folder, `${one}.ts`), text)
    }
  })
  afterAll(async () => {
    for (const { stop } of recorders) stop()
    await queueServer.stop()
  })

  /** Requests since the last time, as IAM sees them. */
  const calls = (): ReadonlyArray<iam.Call> => {
    const { domainArn, queueArn, tableArn } = places()
    const ofSearch = search!.asked.splice(0).map(({ method, path }) => ({
      action: `es:ESHttp${method.charAt(0)}${method.slice(1).toLowerCase()}`,
      resource: domainArn + path
    }))
    const ofTable = dynamodb!.asked.splice(0).map(({ body, target = "" }) => {
      const action = target.replace(/^.*\./, "dynamodb:")
      const { StreamArn } = JSON.parse(body)
      // An iterator of a shard does not say whose it is.
      return { action, resource: StreamArn ?? (action === "dynamodb:GetRecords" ? `${tableArn}/stream/1` : tableArn) }
    })
    const ofQueue = queues!.asked.splice(0).map(({ target = "" }) => {
      // Requests of several messages are no actions of their own.
      return { action: target.replace(/^.*\./, "sqs:").replace(/Batch$/, ""), resource: queueArn }
    })
    return [...ofSearch, ...ofTable, ...ofQueue]
  }

  const status = (n: number, status: AttributeValue): Row => ({
    PK: { S: `ORDER#${n}` },
    SK: { S: "DETAILS" },
    status,
    mark: { S: `${n}` }
  })

  it("the function", async () => {
    await table.put(status(1, { S: "paid" }), status(2, { N: "2" }), OrdersTable.item(1, 1), status(3, { S: "end" }))
    const { tables } = await import(join(table.folder, "definitions.ts"))
    const address = new URL(search!.address)
    const auth = { _tag: "basic", username: "function", password: Redacted.make(password) } as const
    const reader = clientOf(servers!.dynamodbEndpoint)
    const { Table } = await reader.send(new DescribeTableCommand({ TableName: name }))
    reader.destroy()
    const records = await readStream(servers!.dynamodbEndpoint, Table!.LatestStreamArn!, "3")
    for (const definition of [tables.first, tables.grown]) {
      const handler = Lambda.make(definition, {
        layer: OpenSearchSink.layer({ nodes: [address], auth, aliasPrefix: prefix }),
        deadLetters: sqs.layer({ queueUrl: queue, region: "elasticmq", credentials })
      })
      const context = { getRemainingTimeInMillis: () => 30_000 }
      assert.deepStrictEqual(await handler({ Records: records }, context), { batchItemFailures: [] })
    }
    const policy = policies.ofFunction(places())
    const sent = calls()
    assert.deepStrictEqual(iam.refused(policy, sent), [])
    assert.deepStrictEqual(
      iam.unused(policy, sent).filter(({ action }) => !action.startsWith("dynamodb:")),
      [],
      "what reads the stream is Lambda itself"
    )
  })

  const isRemoved = async () => {
    const { text } = await secured.ask("GET", `/${prefix}orders-000001/_doc/3`)
    return JSON.parse(text)._source?._sync.live === false
  }

  /** Runs a command to its end; one that is forbidden something fails with exit code 1. */
  let wrong: Array<string> = []
  const run = async (command: string, module: string | undefined, ...args: ReadonlyArray<string>) => {
    const env = {
      OPENSEARCH_NODE: search!.address,
      OPENSEARCH_USERNAME: "operator",
      OPENSEARCH_PASSWORD: password,
      OPENSEARCH_ALIAS_PREFIX: prefix,
      DYNAMODB_ENDPOINT: dynamodb!.address,
      DEAD_LETTER_QUEUE_URL: queue,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_REGION: "elasticmq"
    }
    const own = module === undefined ? [] : ["--table", module]
    const ended = await tablefold([command, ...own, ...args], {
      cwd: table.folder,
      env,
      ...(command === "tail" ? { until: isRemoved } : {})
    })
    if (ended.code !== 0 && ended.code !== 2)
      wrong.push(`${command} ended with ${ended.code}: ${ended.stdout}${ended.stderr}`)
  }

  it("whoever runs the commands", async () => {
    calls()
    wrong = []
    const now = ["--settle", "0"]
    await table.remove(3, "DETAILS")
    await run("init", undefined, name)
    await run("check", "grown.ts", name)
    await run("tail", "grown.ts", name)
    await run("backfill", "grown.ts", name)
    await asAdmin("DELETE", `/${prefix}orders-000001/_doc/1`)
    await run("verify", "grown.ts", name, "--repair", ...now)
    await run("explain", "grown.ts", name, "ORDER#1")
    await run("status", "grown.ts")
    await run("plan", "both.ts")
    await run("dead-letters", undefined, queue)
    await run("redrive", "grown.ts", queue)
    await table.put(status(2, { S: "new" }))
    await run("redrive", "grown.ts", queue)
    await run("sweep", "grown.ts")
    const address = new URL(search!.address)
    const auth = { _tag: "basic", username: "operator", password: Redacted.make(password) } as const
    const layer = client.layer({ nodes: [address], auth })
    // The command spares what was removed less than a month ago.
    const all = sweep("orders", { aliasPrefix: prefix, tombstonesKeptFor: 0 }).pipe(Effect.provide(layer))
    assert.isAbove((await Effect.runPromise(all))[0]!.documents, 0)
    const paths = () => search!.asked.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`)
    assert.notInclude(paths(), "POST /_search/scroll")
    const left = await secured.ask("GET", "/_search/point_in_time/_all")
    assert.notInclude(left.text, "pit_id", left.text)
    const older = Layer.provide(Layer.effect(Transport, Effect.map(Transport, withoutPointInTime)), layer)
    await Effect.runPromise(sweep("orders", { aliasPrefix: prefix, tombstonesKeptFor: 0 }).pipe(Effect.provide(older)))
    assert.includeMembers(paths(), ["POST /_search/scroll", "DELETE /_search/scroll"])
    await run("rebuild", "both.ts", name, "--wait", "0", "--yes", ...now)
    await run("rollback", "both.ts", `${prefix}orders`, "--yes")
    await run("rebuild", "both.ts", name, "--wait", "0", "--yes", ...now)
    await run("drop", "both.ts", `${prefix}orders`, `${prefix}orders-000001`, "--yes")
    assert.deepStrictEqual(wrong, [])
    const policy = policies.ofOperator(places())
    const sent = calls()
    assert.deepStrictEqual(iam.refused(policy, sent), [])
    assert.deepStrictEqual(iam.unused(policy, sent), [])
  })

  it("the function that proves the index right", async () => {
    await asAdmin("POST", `/${prefix}orders-000002/_update/1?refresh=true`, { doc: { status: "by hand" } })
    calls()
    const { tables } = await import(join(table.folder, "definitions.ts"))
    const auth = { _tag: "basic", username: "verifier", password: Redacted.make(password) } as const
    const aws = { endpoint: dynamodb!.address, region: "eu-west-1", credentials }
    const handler = Lambda.verify(tables.both, {
      layer: OpenSearchIndex.layer({ nodes: [new URL(search!.address)], auth, aliasPrefix: prefix }),
      source: Layer.merge(awsScanApi.layerAws(aws), awsTableReader.layerAws(aws)),
      tableName: name,
      settle: 0
    })
    assert.deepInclude((await handler({})).aggregates[0], { isWhole: true, differing: 1 })
    assert.deepStrictEqual(iam.refused(policies.ofVerifier(places()), calls()), [])
  })

  it("a program that searches", async () => {
    await asAdmin("POST", `/${prefix}orders/_refresh`)
    calls()
    const { tables } = await import(join(table.folder, "definitions.ts"))
    const auth = { _tag: "basic", username: "reader", password: Redacted.make(password) } as const
    const layer = OpenSearchSink.layer({ nodes: [new URL(search!.address)], auth, aliasPrefix: prefix })
    const found = Documents.search(tables.grown.aggregates[0], { query: { match_all: {} } })
    const { hits } = await Effect.runPromise(Effect.provide(found, layer))
    assert.isAbove(hits.length, 0)
    const policy = policies.ofReader(places())
    const sent = calls()
    assert.deepStrictEqual(iam.refused(policy, sent), [])
    assert.deepStrictEqual(iam.unused(policy, sent), [])
  })

  it("what is outside is refused", async () => {
    await asAdmin("PUT", "/others-000001", {})
    const everyone = { query: { match_all: {} } }
    assert.deepStrictEqual(
      [
        await statusAs("function", "POST", `/${prefix}orders/_search`, everyone),
        await statusAs("function", "DELETE", `/${prefix}orders-000002`),
        await statusAs("function", "PUT", "/others-000001/_mapping", { properties: { a: { type: "keyword" } } }),
        await statusAs("operator", "POST", "/others-000001/_search", everyone),
        await statusAs("operator", "DELETE", "/others-000001"),
        await statusAs("operator", "PUT", "/_scripts/a", { script: { lang: "painless", source: "1" } }),
        await statusAs("reader", "PUT", `/${prefix}orders/_doc/1`, {})
      ],
      [403, 403, 403, 403, 403, 403, 403]
    )
  })
})
