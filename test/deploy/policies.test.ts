/** The rights as they are printed, and what they leave out. */
import { assert, describe, it } from "@effect/vitest"
import * as policies from "../../src/deploy/policies.ts"
import { table } from "../../src/example/table.ts"
import { exampleTable, tablefold } from "../cli/program.ts"
import * as iam from "./iam.ts"

const places = {
  tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop",
  domainArn: "arn:aws:es:eu-west-1:123456789012:domain/search",
  queueArn: "arn:aws:sqs:eu-west-1:123456789012:dead-letters",
  aliases: policies.aliasesOf(table, "live-")
}
const { domainArn, queueArn, tableArn } = places

const refusals = (policy: policies.Policy, calls: ReadonlyArray<readonly [action: string, resource: string]>) =>
  iam
    .refused(
      policy,
      calls.map(([action, resource]) => ({ action, resource }))
    )
    .map(({ action, resource }) => `${action} ${resource.replace(domainArn, "")}`)

describe("the function's policy", () => {
  it("lets it do what it does", () => {
    const needed = [
      ["dynamodb:GetRecords", `${tableArn}/stream/2026-01-01T00:00:00.000`],
      ["sqs:SendMessage", queueArn],
      ["es:ESHttpGet", `${domainArn}/live-orders,live-orders-*`],
      ["es:ESHttpPut", `${domainArn}/live-orders-000001`],
      ["es:ESHttpPost", `${domainArn}/live-users-000001-write-1abc/_bulk`]
    ] as const
    assert.deepStrictEqual(refusals(policies.ofFunction(places), needed), [])
  })

  it("lets it do nothing else", () => {
    const others = [
      ["es:ESHttpPost", "/_bulk"],
      ["es:ESHttpPost", "/live-orders/_search"],
      ["es:ESHttpPost", "/live-orders-000001/_delete_by_query"],
      ["es:ESHttpPost", "/live-invoices-000001/_bulk"],
      ["es:ESHttpGet", "/live-orders-000001"],
      ["es:ESHttpPut", "/orders-000001"],
      ["es:ESHttpDelete", "/live-orders-000001"]
    ] as const
    const calls = others.map(([action, path]) => [action, domainArn + path] as const)
    const expected = others.map(([action, path]) => `${action} ${path}`)
    assert.deepStrictEqual(refusals(policies.ofFunction(places), calls), expected)
    const own = ["dynamodb:Scan", "dynamodb:PutItem", "dynamodb:GetItem"].map((action) => [action, tableArn] as const)
    assert.strictEqual(refusals(policies.ofFunction(places), own).length, own.length)
  })

  it("names no queue where there is none, and the stream that is given", () => {
    const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`
    const { Statement } = policies.ofFunction({ ...places, queueArn: undefined, streamArn })
    assert.notInclude(JSON.stringify(Statement), "sqs")
    assert.deepStrictEqual(Statement[0]!.Resource, [streamArn])
  })
})

describe("tablefold policy", () => {
  const run = (...args: ReadonlyArray<string>) =>
    tablefold(["policy", "--table", exampleTable, ...args], { env: { OPENSEARCH_ALIAS_PREFIX: "live-" } })

  it.concurrent("prints policies and roles", async () => {
    const arns = ["--table-arn", tableArn, "--domain-arn", domainArn, "--queue-arn", queueArn]
    const { code, stderr, stdout } = await run(...arns)
    assert.deepStrictEqual(JSON.parse(stdout), {
      function: { iam: policies.ofFunction(places), openSearch: policies.roleOfFunction(places.aliases) },
      verifier: { iam: policies.ofVerifier(places), openSearch: policies.roleOfVerifier(places.aliases) },
      operator: { iam: policies.ofOperator(places), openSearch: policies.roleOfOperator(places.aliases) },
      reader: { iam: policies.ofReader(places), openSearch: policies.roleOfReader(places.aliases) }
    })
    assert.deepStrictEqual([code, stderr], [0, ""])
  })

  it.concurrent("gives rights on a bucket, below a prefix", async () => {
    const arns = ["--table-arn", tableArn, "--domain-arn", domainArn, "--bucket-arn", "arn:aws:s3:::dead-letters/shop"]
    const bucket = { arn: "arn:aws:s3:::dead-letters", prefix: "shop/" }
    const { stdout } = await run(...arns)
    const own = { ...places, queueArn: undefined, bucket }
    assert.deepStrictEqual(JSON.parse(stdout).function.iam, policies.ofFunction(own))
    assert.deepStrictEqual(JSON.parse(stdout).operator.iam, policies.ofOperator(own))
    assert.include(stdout, '"arn:aws:s3:::dead-letters/shop/*"')
  })

  it.concurrent("says what an ARN looks like", async () => {
    const { code, stderr } = await run("--table-arn", "Shop", "--domain-arn", domainArn)
    assert.match(stderr, /--table-arn: "Shop"\. Expected: an ARN like arn:aws:dynamodb:eu-west-1:123456789012:table\//)
    assert.strictEqual(code, 1)
  })
})
