/**
 * What the template describes, as far as it runs here: its function with its handler, environment, memory and timeout
 * under Lambda's Runtime API, its mapping's numbers over the stream of a real DynamoDB Local, and a real OpenSearch
 * with its security plugin, where the function has exactly the printed role. The world test is right then.
 *
 * Two things are not as they are on AWS: the plugin checks no signatures, so the function finds name and password in a
 * secret; and the records are handed over by this test.
 */
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { assert } from "@effect/vitest"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, it } from "vitest"
import { input, output } from "../../../src/deploy/bundling.ts"
import * as policies from "../../../src/deploy/policies.ts"
import { startElasticMq } from "../../servers/ElasticMq.ts"
import * as LambdaRuntime from "../../servers/LambdaRuntime.ts"
import * as SecretsManager from "../../servers/SecretsManager.ts"
import { servers } from "../../servers/servers.ts"
import type { Started } from "../../servers/startServer.ts"
import { clientOf, makeTable, readStream, scan, type StreamRecord } from "../dynamodb.ts"
import { Random } from "../random.ts"
import { isPoison, worlds } from "../rows.ts"
import { Workload } from "../workload.ts"
import * as documents from "./documents.ts"
import { describeOwn, useScope } from "./own.ts"
import { type Secured, start } from "./Secured.ts"

const root = resolve(import.meta.dirname, "../../..")
const world = worlds[0]!
const name = "deployed"
const password = "Correct-Horse-7-Battery"

/** The server as its administrator sees it, without TLS. */
const openFor = async ({ ask }: Secured) => {
  const server = createServer(async (from, to) => {
    const parts: Array<Buffer> = []
    for await (const part of from) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    const { status, text } = await ask(from.method!, from.url!, body === "" ? undefined : JSON.parse(body))
    to.writeHead(status).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => void server.close() }
}

describeOwn("the template's function", () => {
  const use = useScope()
  let secured: Secured
  let queues: Started
  let queueUrl = ""
  let manager: SecretsManager.SecretsManager
  let admin: Awaited<ReturnType<typeof openFor>>
  let folder = ""
  let template: { readonly Resources: Record<string, { readonly Type: string; readonly Properties: any }> }
  const credentials = { accessKeyId: "local", secretAccessKey: "local" }
  const resource = (type: string) => Object.values(template.Resources).find(({ Type }) => Type === type)!.Properties

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-deployed-"))
    template = JSON.parse(await readFile(join(root, "docs/template.json"), "utf8"))
    secured = await use(start)
    admin = await openFor(secured)
    queues = (await startElasticMq())!
    manager = await SecretsManager.start()
    manager.answer(200, SecretsManager.secretOf("function", password))
    const sqs = new SQSClient({ endpoint: queues.endpoint, region: "elasticmq", credentials })
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: "dead-letters" }))).QueueUrl!
    sqs.destroy()
    const role = policies.roleOfFunction(policies.aliasesOf(world.table, ""))
    const security = "/_plugins/_security/api"
    for (const [path, body] of [
      [`${security}/internalusers/function`, { password }],
      [`${security}/roles/function`, role],
      [`${security}/rolesmapping/function`, { users: ["function"] }]
    ] as const) {
      const { status, text } = await secured.ask("PUT", path, body)
      assert.include([200, 201], status, text)
    }
  })
  afterAll(async () => {
    manager.stop()
    admin.stop()
    await queues.stop()
    await rm(folder, { recursive: true })
  })

  /** The asset, by the settings of the construct. */
  const bundle = async () => {
    const build = await rolldown({
      ...input,
      resolve: { mainFields: [...input.resolve.mainFields] },
      input: join(root, "src/example/lambda.ts")
    })
    await build.write({ ...output, dir: folder })
  }

  /** The variables of the template, with what this machine has in the place of what CloudFormation would put there. */
  const environment = (): Record<string, string> => {
    const { Variables } = resource("AWS::Lambda::Function").Environment
    const here: Record<string, string> = {
      OPENSEARCH_NODE: secured.node,
      DEAD_LETTER_QUEUE_URL: queueUrl
    }
    const own = Object.entries<unknown>(Variables).map(([name, value]) => [name, here[name] ?? String(value)])
    const { OPENSEARCH_AUTH, ...rest } = Object.fromEntries(own) as Record<string, string>
    assert.strictEqual(OPENSEARCH_AUTH, "sigv4")
    return {
      ...rest,
      OPENSEARCH_SECRET: "search",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.endpoint,
      AWS_REGION: "elasticmq",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      NODE_EXTRA_CA_CERTS: secured.authority
    }
  }

  const container = () => {
    const { Handler, MemorySize, Timeout } = resource("AWS::Lambda::Function")
    const [file] = (Handler as string).split(".")
    return LambdaRuntime.start({
      file: join(folder, `${file}.mjs`),
      env: environment(),
      execArgv: [`--max-old-space-size=${Math.floor(MemorySize * 0.9)}`],
      timeoutMillis: Timeout * 1000
    })
  }

  /** Delivers as the mapping of the template does; now and then a batch comes again, or the container is a new one. */
  const deliver = async (records: ReadonlyArray<StreamRecord>, r: Random) => {
    const { BatchSize, FunctionResponseTypes, MaximumRetryAttempts, ParallelizationFactor } = resource(
      "AWS::Lambda::EventSourceMapping"
    )
    assert.deepStrictEqual([FunctionResponseTypes, MaximumRetryAttempts], [["ReportBatchItemFailures"], -1])
    assert.strictEqual(ParallelizationFactor, 1)
    let current = await container()
    let at = 0
    while (at < records.length) {
      if (r.chance(0.1)) {
        await current.end()
        current = await container()
      }
      const batch = records.slice(at, at + 1 + r.below(Math.min(BatchSize, r.chance(0.3) ? 1000 : 40)))
      const Records = batch.map((record) => ({ ...record, eventSource: "aws:dynamodb" }))
      const { value } = await current.invoke(JSON.stringify({ Records }))
      const { batchItemFailures } = value as { batchItemFailures: ReadonlyArray<{ readonly itemIdentifier: string }> }
      const failed = batchItemFailures.map(({ itemIdentifier }) =>
        batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === itemIdentifier)
      )
      if (!r.chance(0.1)) at += failed.length === 0 ? batch.length : Math.min(...failed)
    }
    const log = current.log()
    await current.end()
    return log
  }

  it("keeps the index right, with no more rights than its role has", async () => {
    await bundle()
    const seed = 20261128
    const r = new Random(seed)
    const client = clientOf(servers!.dynamodbEndpoint)
    const streamArn = await makeTable(client, name, world.keys)
    const workload = new Workload(client, name, world, r.fork())
    await workload.run(300)
    await workload.rootAll()
    await workload.mark("end")
    client.destroy()
    const records = await readStream(servers!.dynamodbEndpoint, streamArn, "end")
    const log = await deliver(records, r.fork())
    assert.isTrue(
      log.some((line) => JSON.parse(line).message === "batch"),
      log.join("\n")
    )
    const items = await scan(servers!.dynamodbEndpoint, name)
    assert.isAbove(await documents.check(admin.address, "", world.documents(items)), 5)
    const sqs = new SQSClient({ endpoint: queues.endpoint, region: "elasticmq", credentials })
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }))
    sqs.destroy()
    const hasPoison = records.some(({ dynamodb }) => dynamodb.NewImage !== undefined && isPoison(dynamodb.Keys))
    assert.strictEqual(Messages.length > 0, hasPoison, "what is refused is a dead letter")
  })
})
