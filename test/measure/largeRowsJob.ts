/**
 * One job that `largeRows.ts` measures, in a process of its own: its name, rows, bytes of a row, rows of a document.
 */
import { Effect, Layer, References, Schema } from "effect"
import { readFileSync } from "node:fs"
import { backfill } from "../../src/maintain/backfill.ts"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import { verify } from "../../src/maintain/verify.ts"
import { Aggregate, Table } from "../../src/index.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../src/sink/opensearch/OpenSearchSink.ts"
import type { Attributes } from "../../src/source/Change.ts"
import { type Page, ScanApi } from "../../src/source/scan/ScanApi.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import { TableReader } from "../../src/source/scan/TableReader.ts"

const [job, ...numbers] = process.argv.slice(2)
const [rows = 0, bytes = 0, together = 1] = numbers.map(Number)
const segments = 4

const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { orderId: Schema.String, note: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { n: Schema.String, note: Schema.String }) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })
const tableArn = "arn:aws:dynamodb:eu-west-1:000000000000:table/large"

/** What rows hold now; a repair finds other ones than were filled in. */
const deadLetter = job === "repair" ? "y" : "x"

/** Each text is one of its own, as an answer's are. */
const row = (at: number): Attributes => {
  const n = at % together
  return {
    PK: { S: `ORDER#${Math.floor(at / together)}` },
    SK: { S: n === 0 ? "DETAILS" : `ITEM#${String(n).padStart(4, "0")}` },
    note: { S: Buffer.alloc(bytes, deadLetter).toString("latin1") }
  }
}

const placeOf = ({ PK, SK }: Attributes): number => {
  const text = (value: unknown) => (value as { readonly S: string }).S
  return Number(text(PK).slice("ORDER#".length)) * together + (Number(text(SK).slice("ITEM#".length)) || 0)
}

/** As DynamoDB gives them: up to 1 MB. */
const pageRows = Math.max(1, Math.floor(2 ** 20 / bytes))

const page = (begin: number, end: number, after: Attributes | undefined): Page => {
  const from = after === undefined ? begin : placeOf(after) + 1
  const items = Array.from({ length: Math.max(0, Math.min(pageRows, end - from)) }, (_, i) => row(from + i))
  const { PK, SK } = items.at(-1) ?? {}
  return { items, last: from + items.length < end ? { PK: PK!, SK: SK! } : undefined, units: 0 }
}

const scanApi = ScanApi.of({
  describe: () =>
    Effect.succeed({
      tableArn,
      partitionKey: { name: "PK", type: "S" },
      sortKey: { name: "SK", type: "S" },
      epoch: 0,
      bytes: rows * bytes,
      rows
    }),
  scan: ({ after, segment }) =>
    Effect.sync(() => {
      const share = Math.ceil(rows / together / segments) * together
      return page(Math.min(rows, segment * share), Math.min(rows, (segment + 1) * share), after)
    }),
  query: ({ after, partitionKey: [PK, value] }) =>
    Effect.sync(() => {
      const begin = placeOf({ [PK]: value, SK: { S: "" } })
      return page(begin, Math.min(rows, begin + together), after)
    })
})

const reader = TableReader.of({
  keyNames: () => Effect.succeed({ partitionKey: "PK", sortKey: "SK" }),
  rows: (_, keys) => Effect.succeed(keys.map((key) => (placeOf(key) < rows ? row(placeOf(key)) : undefined))),
  has: (_, keys) => Effect.succeed(keys.map((key) => placeOf(key) < rows))
})

const layers = Layer.unwrap(
  Effect.map(OpenSearchSink.readConfig, (options) =>
    Layer.mergeAll(
      OpenSearchSink.layerTransport({ ...options, cacheBytesMax: 0 }),
      openSearchDocuments.layer(options),
      Layer.succeed(ScanApi, scanApi),
      Layer.succeed(TableReader, reader),
      layerMemory
    ).pipe(Layer.provideMerge(client.layer(options)))
  )
)

const options = { tableName: "large", segments }
const began = performance.now()
const run = Effect.gen(function* () {
  if (job === "backfill") {
    const { documents, refused, rows } = yield* backfill(table, options)
    return { rows, documents, refused }
  }
  const report = yield* verify(table, { ...options, settle: 0, isRepairing: job === "repair" })
  const { documents, drift, repaired, rows } = report
  return { rows, documents, drift, repaired }
})
const report = await run.pipe(
  Effect.provide(layers),
  Effect.provideService(References.MinimumLogLevel, "Error"),
  Effect.runPromise
)

const peakKib = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1])
const seconds = Math.round((performance.now() - began) / 100) / 10
console.log(JSON.stringify({ job, ...report, seconds, peakMiB: Math.round(peakKib / 1024) }))
