/** `tablefold replay`: documents alone on standard output; a sentence and exit code 1 for bad input. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { exampleTable, tablefold } from "./program.ts"

const stream = "arn:aws:dynamodb:eu-west-1:1:table/shop/stream/2026-01-01T00:00:00.000"

const record = (sequence: number, pk: string, sk: string, image?: object, arn = stream) => ({
  eventName: image === undefined ? "REMOVE" : "INSERT",
  eventSourceARN: arn,
  eventSource: "aws:dynamodb",
  dynamodb: {
    Keys: { PK: { S: pk }, SK: { S: sk } },
    ...(image === undefined ? {} : { NewImage: { PK: { S: pk }, SK: { S: sk }, ...image } }),
    SequenceNumber: String(sequence),
    StreamViewType: "NEW_AND_OLD_IMAGES"
  }
})

const user = (sequence: number, id: string, email: object, arn?: string) =>
  record(sequence, `USER#${id}`, "PROFILE", { userId: { S: id }, name: { S: id }, email }, arn)

const ada = user(100, "ada", { S: "ada@example.com" })
const ben = user(101, "ben", { S: "ben@example.com" })
const lock = record(102, "LOCK#ada", "LOCK", {})

const lines = (...records: ReadonlyArray<unknown>) => records.map((each) => `${JSON.stringify(each)}\n`).join("")

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-replay-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = async (name: string, text: string | Uint8Array) => {
  await writeFile(join(folder, name), text)
  return name
}

const replay = (...args: ReadonlyArray<string>) =>
  tablefold(["replay", "--table", exampleTable, ...args], { cwd: folder })

const replayed = (stdin: string) => tablefold(["replay", "-", "--table", exampleTable], { stdin })

describe("replay", () => {
  it.concurrent("prints the documents of events and records, in one order", async () => {
    const event = await file("event.json", JSON.stringify({ Records: [ben, lock] }))
    const records = await file("records.jsonl", lines(ada, ada))
    const { code, stderr, stdout } = await replay(event, records)
    const document = (id: string) => ({ userId: id, name: id, email: `${id}@example.com` })
    assert.deepStrictEqual(JSON.parse(stdout), { orders: {}, users: { ada: document("ada"), ben: document("ben") } })
    assert.deepStrictEqual(
      stdout.match(/"(ada|ben)": /g),
      ['"ada": ', '"ben": '],
      "sorted by id, one document on a line"
    )
    assert.strictEqual(stderr, "4 records made 2 documents, 1 of rows that no aggregate claims\n")
    assert.strictEqual(code, 0)
  })

  it.concurrent("prints what is right, and names what is not", async () => {
    const { code, stderr, stdout } = await replayed(`${lines(ada, user(103, "eve", { N: "7" }))}{"eventName":\n`)
    assert.deepStrictEqual(Object.keys(JSON.parse(stdout).users), ["ada"])
    assert.include(stderr, 'warning: users USER#eve / PROFILE at 103: field "email": Expected string')
    assert.include(stderr, "warning: stdin:3 is not JSON")
    assert.include(stderr, "2 of 3 records are not settled")
    assert.strictEqual(code, 2)
  })

  const elsewhere = stream.replace("table/shop", "table/warehouse")
  const withoutImage = { ...ada, dynamodb: { ...ada.dynamodb, NewImage: undefined, StreamViewType: "KEYS_ONLY" } }
  it.concurrent.for([
    ["an event of another service", lines({ Records: [{ eventSource: "aws:sqs" }] }), "got an SQS event"],
    ["records of two tables", lines(ada, user(1, "eve", { S: "" }, elsewhere)), "several tables"],
    ["a stream without new images", lines(withoutImage), "NEW_AND_OLD_IMAGES or NEW_IMAGE"],
    ["rows with other keys", lines(ada).replaceAll("PK", "pk"), "are pk, SK, but the definition's are PK, SK"]
  ] as const)("refuses %s", async ([, stdin, sentence]) => {
    const { code, stderr, stdout } = await replayed(stdin)
    assert.include(stderr, sentence)
    assert.notMatch(stderr, / {4}at /, "no stack")
    assert.deepStrictEqual([code, stdout], [1, ""])
  })

  it.concurrent("reads a file with a byte order mark, and tells one in UTF-16 as such", async () => {
    const text = `\uFEFF${JSON.stringify({ Records: [ada] }, undefined, 2).replaceAll("\n", "\r\n")}`
    const marked = await replay(await file("marked.json", text))
    assert.deepStrictEqual(Object.keys(JSON.parse(marked.stdout).users), ["ada"])
    const wide = await replay(await file("wide.json", Buffer.from(text, "utf16le")))
    assert.deepStrictEqual([wide.code, wide.stdout], [1, ""])
    assert.include(wide.stderr, "wide.json can't be read: it is UTF-16 text; convert it to UTF-8")
  })

  it.concurrent("says that a file or OpenSearch is missing", async () => {
    const absent = await replay("absent.jsonl")
    assert.deepStrictEqual([absent.code, absent.stdout], [1, ""])
    assert.include(absent.stderr, "absent.jsonl can't be read: there is no such file")
    const records = await file("ada.jsonl", lines(ada))
    const unset = await replay("--opensearch", records)
    assert.strictEqual(unset.code, 1)
    assert.include(unset.stderr, "OPENSEARCH_NODE is not set")
  })
})
