/**
 * Writes `stored.json`: `node test/stored/make.ts`. What is in it was released, so it is made anew for a form that was
 * not. Indices of released versions stay beside it, in files of their own.
 */
import { Effect, Layer, Logger } from "effect"
import { writeFileSync } from "node:fs"
import type * as Table from "../../src/define/Table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as Servers from "../../src/local/Servers.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import { identityOf } from "../../src/sink/opensearch/indexProblem.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import type { Attributes } from "../../src/source/Change.ts"
import { ask } from "../whole/opensearch.ts"
import * as stored from "./stored.ts"
import { first, table } from "./table.ts"

const tableArn = `arn:aws:dynamodb:memory:000000000000:table/${stored.tableName}`
const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`

const keys = (PK: string, SK: string): Attributes => ({ PK: { S: PK }, SK: { S: SK } })
const details = (n: number, more: Attributes = {}): Attributes => ({
  ...keys(`ORDER#${n}`, "DETAILS"),
  name: { S: "Ada Lovelace" },
  total: { N: "123456789012345678901234567890.12" },
  placed: { S: "2026-01-01T12:00:00Z" },
  isPaid: { BOOL: true },
  address: { M: { street: { S: "Harbour Street 7" }, city: { S: "Porto" } } },
  ...more
})
const item = (n: number, i: number, quantity: string, state = "open"): Attributes => ({
  ...keys(`ORDER#${n}`, `ITEM#${i}`),
  state: { S: state },
  sku: { S: `tea-${i}` },
  quantity: { N: quantity },
  price: { N: "2.5" }
})
const shipment = (n: number, id: string, status: string): Attributes => ({
  ...keys(`ORDER#${n}`, `SHIPMENT#${id}`),
  carrier: { S: "ACME" },
  status: { S: status }
})
const note = (n: number, entity: string): Attributes => ({
  ...keys(`ORDER#${n}`, "NOTE#1"),
  entity: { S: entity },
  body: { S: "leave it at the door" }
})
const line = (n: number): Attributes => ({
  ...keys("SHOP#1", `BASKET#2#LINE#${n}`),
  sku: { S: "tea" },
  count: { N: "1" }
})

/** Shown, hidden and removed rows; a document that waits, one that lost its root, a refused row, a failed derivation. */
const puts = [
  details(1, { points: { N: "3804086584686624768" }, tags: { L: [{ S: "new" }] }, free: { M: { a: { N: "1" } } } }),
  item(1, 1, "2"),
  item(1, 2, "3"),
  item(1, 3, "9", "draft"),
  item(1, 4, "1"),
  shipment(1, "a", "sent"),
  shipment(1, "b", "packed"),
  note(1, "note"),
  item(2, 1, "5"),
  details(3),
  item(3, 1, "1"),
  note(3, "other"),
  details(4),
  item(4, 1, "1"),
  item(4, 2, "1.5"),
  details(5),
  item(5, 1, "-1"),
  line(1),
  line(2),
  line(3)
]
const removed = [item(1, 4, "1"), details(3), line(2)]
const noted = details(6, { note: { S: "added later" } })

const keysOf = ({ PK, SK }: Attributes): Attributes => ({ PK: PK!, SK: SK! })
let sequence = 10_000
const isRemoved = (row: Attributes) =>
  removed.some((one) => JSON.stringify(keysOf(one)) === JSON.stringify(keysOf(row)))

const dump = async (node: string): Promise<ReadonlyArray<stored.StoredIndex>> => {
  const described = JSON.parse((await ask(node, "GET", `/${stored.aliasPrefix}*?flat_settings=true`)).text)
  const indices = Object.entries<any>(described).map(async ([index, { aliases, mappings, settings }]) => {
    await ask(node, "POST", `/${index}/_refresh`)
    const { text } = await ask(node, "POST", `/${index}/_search?size=100`, { query: { match_all: {} } })
    const ownSettings = Object.entries(settings).filter(([name]) => !/uuid|creation_date|version|provided/.test(name))
    const documents = text.replaceAll(identityOf(settings), stored.identity)
    const hits: ReadonlyArray<any> = JSON.parse(documents).hits.hits
    return {
      index,
      settings: Object.fromEntries(ownSettings),
      mappings,
      aliases,
      documents: hits.map(({ _id, _source }) => ({ _id, _source }))
    }
  })
  return Promise.all(indices)
}

const program = Effect.gen(function* () {
  const { node } = yield* Servers.openSearch()
  const write = (table: Table.Table, records: ReadonlyArray<object>) =>
    Effect.promise(async () => {
      const sink = OpenSearchSink.layer({
        nodes: [new URL(node)],
        auth: { _tag: "none" },
        aliasPrefix: stored.aliasPrefix
      })
      const layer = Layer.merge(sink, Logger.layer([]))
      const handler = Lambda.make(table, { layer, deadLetters: DeadLetters.layerMemory(new Map()) })
      const { batchItemFailures } = await handler({ Records: records })
      if (batchItemFailures.length > 0) throw new Error("not all was acknowledged")
    })
  const record = (row: Attributes, isThere = true) =>
    stored.record(streamArn, sequence++, keysOf(row), isThere ? row : undefined)
  const records = [...puts.map((row) => record(row)), ...removed.map((row) => record(row, false))]
  yield* write(first, records)
  yield* write(table, [record(noted)])
  const rows = [...puts, noted].filter((row) => !isRemoved(row))
  const all: stored.Stored = { tableArn, rows, indices: yield* Effect.promise(() => dump(node)) }
  writeFileSync(stored.file, `${JSON.stringify(all, null, 2)}\n`)
})

await Effect.runPromise(Effect.scoped(program))
