/** Filling in parts with exactly the rights that the policy gives: each request is held against it. */
import { assert } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { afterAll, it, vi } from "vitest"
import * as policies from "../../src/deploy/policies.ts"
import { table as definition } from "../../src/example/table.ts"
import { format } from "../../src/IsoTime.ts"
import { Lambda, OpenSearchIndex } from "../../src/lambda/index.ts"
import * as OrdersTable from "../cli/OrdersTable.ts"
import { startS3Mock } from "../servers/S3Mock.ts"
import { describeReal } from "../servers/servers.ts"
import { buckets } from "../source/export/exportPlaces.ts"
import { exported } from "../source/export/exports.ts"
import { record } from "../whole/long/Recorder.ts"
import * as iam from "./iam.ts"

const s3 = await startS3Mock()
afterAll(() => s3?.stop())

const domainArn = "arn:aws:es:eu-west-1:123456789012:domain/search"

const capitalized = (method: string) => `${method.charAt(0)}${method.slice(1).toLowerCase()}`

describeReal("a backfill with the least rights", (servers) => {
  it.skipIf(s3 === undefined)("asks for nothing else, and for all of it", async () => {
    const name = "backfill-rights"
    const table = await OrdersTable.make(name, servers)
    await table.put(OrdersTable.details(1), OrdersTable.item(1, 1))
    const exportTime = format(Effect.runSync(Clock.currentTimeMillis))
    const files = [[OrdersTable.details(1), OrdersTable.item(1, 1)]] as never
    const places = buckets(s3!.endpoint, "backfill-rights")
    const place = await places.put(exported({ tableArn: table.arn, exportTime, files }))
    const [search, objects, rows] = await Promise.all(
      [servers.openSearchNode, s3!.endpoint, servers.dynamodbEndpoint].map((server) => record(server))
    )
    const env = {
      OPENSEARCH_NODE: search!.address,
      OPENSEARCH_ALIAS_PREFIX: `${name}-`,
      AWS_ENDPOINT_URL_S3: objects!.address,
      AWS_ENDPOINT_URL_DYNAMODB: rows!.address,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_LAMBDA_LOG_LEVEL: "FATAL"
    }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const handler: (event: unknown) => Promise<any> = Lambda.backfill(definition, {
      layer: OpenSearchIndex.layerConfig
    })
    const { manifest, plan } = await handler({ export: place })
    const lines = await (await fetch(`${s3!.endpoint}/backfill-rights/${encodeURI(manifest.key)}`)).text()
    await handler({ plan, part: JSON.parse(lines) })
    const scan = await handler({ tableName: name })
    for (const part of scan.parts) await handler({ plan: scan.plan, part })
    await handler({ plan: scan.plan, end: true })
    vi.unstubAllEnvs()

    const exports = { arn: "arn:aws:s3:::backfill-rights", prefix: "" }
    const aliases = policies.aliasesOf(definition, `${name}-`)
    const policy = policies.ofBackfill({ tableArn: table.arn, domainArn, aliases, exports })
    const calls: ReadonlyArray<iam.Call> = [
      ...search!.asked.map(({ method, path }) => ({
        action: `es:ESHttp${capitalized(method)}`,
        resource: domainArn + path
      })),
      ...objects!.asked.map(({ path }) => {
        const resource = decodeURIComponent(path).replace(/^\/|\/$/g, "")
        // To ask for an object's tag is to get it, as far as IAM is concerned.
        const action = resource === "backfill-rights" ? "s3:ListBucket" : "s3:GetObject"
        return { action, resource: `arn:aws:s3:::${resource}` }
      }),
      ...rows!.asked.map(({ target = "" }) => ({
        action: target.replace(/^.*\./, "dynamodb:"),
        resource: table.arn
      }))
    ]
    assert.deepStrictEqual(iam.refused(policy, calls), [])
    // An index is changed where the definition has grown since it was made.
    const unused = iam.unused(policy, calls).filter(({ resource }) => !/_(mapping|settings)$/.test(resource))
    assert.deepStrictEqual(
      unused.filter(({ resource }) => !resource.includes("users")),
      []
    )
    for (const { stop } of [search!, objects!, rows!]) stop()
    await places.clear()
    await table.drop()
  })
})
