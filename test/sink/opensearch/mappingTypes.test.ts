/**
 * What OpenSearch says of values that it refuses, for every type of mapping: nothing of it that could be the value is
 * in an outcome, a dead letter, a log line or what a command prints.
 */
import { assert, it } from "@effect/vitest"
import { Console, Layer } from "effect"
import { randomInt } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest"
import * as Shape from "../../../src/define/Shape.ts"
import * as Lambda from "../../../src/lambda/Lambda.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as answer from "../../../src/sink/opensearch/answer.ts"
import * as fieldNames from "../../../src/sink/opensearch/fieldNames.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { tablefold } from "../../cli/program.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"
import { isTold, mappings, table, topMappings, values } from "./mappingTypes.ts"

const stream = "arn:aws:dynamodb:eu-west-1:1:table/values/stream/2026-01-01T00:00:00.000"

const typed = (value: unknown): object => {
  if (value === null) return { NULL: true }
  if (Array.isArray(value)) return { L: value.map(typed) }
  if (typeof value === "string") return { S: value }
  if (typeof value === "number") return { N: String(value) }
  if (typeof value === "boolean") return { BOOL: value }
  return { M: Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, typed(inner)])) }
}

/** Each value in each field, in a row that is shown and in one that waits for its root. */
const records = Object.keys(mappings).flatMap((field) =>
  values.flatMap((value, i) =>
    ["ROOT", "HIDDEN#1"].map((SK, n) => {
      const keys = { PK: { S: `VALUE#${field}-${i}-${n}` }, SK: { S: SK } }
      return {
        eventName: "INSERT",
        eventSource: "aws:dynamodb",
        eventSourceARN: stream,
        dynamodb: { Keys: keys, NewImage: { ...keys, [field]: typed(value) }, SequenceNumber: `${10_000 + i}` }
      }
    })
  )
)

describeReal("a value that OpenSearch refuses", ({ openSearchNode }) => {
  const prefix = `types${randomInt(2 ** 31)}-`
  let folder = ""
  let logged: Array<string> = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tablefold-types-"))
  })
  beforeEach(() => {
    logged = []
    vi.stubEnv("AWS_LAMBDA_LOG_LEVEL", "TRACE")
  })
  afterEach(() => void vi.unstubAllEnvs())
  afterAll(async () => {
    await drop(openSearchNode, prefix)
    await rm(folder, { recursive: true })
  })
  const silent = (lines: ReadonlyArray<string>) => assert.deepStrictEqual(lines.filter(isTold).slice(0, 3), [])

  it("is in no dead letter, no log and no output of a command, whatever its field's type", async () => {
    const deadLetters = new Map<string, DeadLetters.DeadLetter>()
    const log = (line: unknown) => void logged.push(String(line))
    const sink = OpenSearchSink.layer({
      nodes: [new URL(openSearchNode)],
      auth: { _tag: "none" },
      aliasPrefix: `${prefix}a-`
    })
    const layer = Layer.merge(sink, Layer.succeed(Console.Console, { ...console, log }))
    const handler = Lambda.make(table, { layer, deadLetters: DeadLetters.layerMemory(deadLetters) })
    const response = await handler({ Records: records })
    assert.deepStrictEqual(response, { batchItemFailures: [] })
    const lines = [...deadLetters.values()].map(DeadLetters.encode)
    silent([...lines, ...logged])
    assert.isNotEmpty(logged)
    assert.isAbove(deadLetters.size, records.length / 3)
    const refused = new Set([...deadLetters.values()].map(({ rows: [{ key }] }) => /^VALUE#(.*?)-/.exec(key!)![1]!))
    assert.deepStrictEqual(
      Object.keys(mappings).filter((type) => !refused.has(type)),
      []
    )
    for (const { reason } of deadLetters.values()) assert.match(reason, /^\w+_exception: /)

    await writeFile(join(folder, "dead-letters.jsonl"), lines.map((line) => `${line}\n`).join(""))
    await writeFile(join(folder, "records.json"), JSON.stringify({ Records: records }))
    const module = join(import.meta.dirname, "mappingTypes.ts")
    const run = (...args: ReadonlyArray<string>) =>
      tablefold(args, { cwd: folder, env: { OPENSEARCH_NODE: openSearchNode, OPENSEARCH_ALIAS_PREFIX: `${prefix}b-` } })
    const ended = await Promise.all([
      run("replay", "records.json", "--table", module, "--opensearch"),
      run("dead-letters", "dead-letters.jsonl", "--json"),
      run("dead-letters", "dead-letters.jsonl")
    ])
    silent(ended.flatMap(({ stderr, stdout }) => [...stderr.split("\n"), ...stdout.split("\n")]))
    assert.include(ended[0].stderr, "mapper_parsing_exception")
    assert.include(ended[2].stdout, "mapper_parsing_exception")
  })

  it("is in no verdict, for a field at the top of a mapping too", async () => {
    const index = `${prefix}raw`
    const send = async (method: string, path: string, body: string) => {
      const headers = { "content-type": "application/json" }
      const response = await fetch(`${openSearchNode}/${path}`, { method, headers, body })
      return { status: response.status, text: await response.text() }
    }
    const all = { ...mappings, ...topMappings }
    const made = await send("PUT", index, JSON.stringify({ mappings: { dynamic: false, properties: all } }))
    assert.strictEqual(made.status, 200, made.text)
    const lines = Object.keys(all).flatMap((field) =>
      values.map((value) => `{"create":{}}\n${JSON.stringify({ [field]: value })}\n`)
    )
    const { text } = await send("POST", `${index}/_bulk`, lines.join(""))
    const names = new Set([...fieldNames.of(Shape.of(table.aggregates[0]!)), ...Object.keys(all)])
    const verdicts = answer.itemsOf(text, lines.length)!.map((item) => answer.ofItem(item, names))
    silent(verdicts.map((verdict) => JSON.stringify(verdict)))
    assert.deepStrictEqual(
      [...new Set(verdicts.map(({ _tag }) => _tag))].toSorted(),
      ["Accepted", "Refused"],
      "all of them are the document's fault"
    )
    const isLeftOut = (verdict: answer.Verdict) => JSON.stringify(verdict).includes("words are left out")
    assert.deepStrictEqual(verdicts.filter(isLeftOut), [], "all of these forms are known")
  })
})
