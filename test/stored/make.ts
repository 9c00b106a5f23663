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
import { noted, puts, removed } from "./rows.ts"
import * as stored from "./stored.ts"
import { first, table } from "./table.ts"

const tableArn = `arn:aws:dynamodb:memory:000000000000:table/${stored.tableName}`
const streamArn = `${tableArn}/stream/2026-01-01T00:00:00.000`

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
