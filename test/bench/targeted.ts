/**
 * Whether it pays to send less than the whole document when one row of many changed.
 * Requests as OpenSearch takes them, conditional on the sequence number, in alternating rounds; medians.
 *
 * - *whole*: the document, as the sink sends it; *gzip*: the same, packed.
 * - *part*: a partial update of two of the root's fields. For a changed item its whole list would have to be sent.
 * - *script*: a stored script puts one item in its place, which it is told: one that looks for a row key does more.
 */
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import { Definition } from "../../src/index.ts"
import { Order } from "../../src/example/table.ts"
import * as Servers from "../../src/local/Servers.ts"
import { readFlags } from "../flags.ts"
import { ask } from "./request.ts"
import { documentOf } from "./orders.ts"
import { median } from "./statistics.ts"
import * as Table from "./Table.ts"

readFlags("node test/bench/targeted.ts: sending less than the whole document, beside the whole; no options", {})

const sizes = [12, 30, 100, 300, 1000]
/** Rows in all the documents of a request, about. */
const rowsPerRequest = 6000
const rounds = 30
const roundsToWarmUp = 12

interface Changed {
  readonly id: string
  readonly text: string
  readonly root: { readonly status: string; readonly totalAmount: number }
  /** The item that changed, and where it stands. */
  readonly at: number
  readonly row: unknown
}

interface Seen {
  readonly seqNo: number
  readonly primaryTerm: number
}

const ways: { readonly [name: string]: (changed: Changed) => readonly [action: string, content: string] } = {
  whole: ({ text }) => ["index", text],
  gzip: ({ text }) => ["index", text],
  part: ({ root }) => ["update", JSON.stringify({ doc: root })],
  script: ({ at, row }) => ["update", JSON.stringify({ script: { id: scriptId, params: { at, row } } })]
}

const scriptId = `bench-targeted-${process.pid}`
const source = "ctx._source.orderItems[params.at] = params.row"

/** The items of a bulk, all of them accepted. */
const bulk = async (url: string, body: string | Buffer, headers = {}): Promise<ReadonlyArray<any>> => {
  const { errors, items } = await ask(`${url}/_bulk`, { method: "POST", body, headers })
  if (errors) throw new Error(`${url} refused: ${JSON.stringify(items).slice(0, 300)}`)
  return items
}

const changesOf = (rows: number) => {
  const orders = Math.max(1, Math.round(rowsPerRequest / rows))
  const newest = Array.from({ length: orders * rows }, (_, i) => i)
  let sequence = newest.length
  return (): ReadonlyArray<Changed> =>
    Array.from({ length: orders }, (_, order) => {
      const row = 1 + (sequence % (rows - 1))
      const totalAmount = sequence / 100
      newest[order * rows + row] = sequence++
      const text = documentOf(order, rows, (row) => newest[order * rows + row]!)
      const { orderItems, status } = JSON.parse(text)
      const at = orderItems.findIndex(({ itemId }: { readonly itemId: string }) => itemId === `item-${row}`)
      return { id: String(order), text, root: { status, totalAmount }, at, row: orderItems[at] }
    })
}

const send = async (node: string, index: string, name: string, changes: ReadonlyArray<Changed>, seen: Array<Seen>) => {
  const begin = performance.now()
  const lines = changes.map((changed, i) => {
    const [action, content] = ways[name]!(changed)
    const { primaryTerm, seqNo } = seen[i]!
    const condition = { _id: changed.id, if_seq_no: seqNo, if_primary_term: primaryTerm }
    return `${JSON.stringify({ [action]: condition })}\n${content}\n`
  })
  const body = name === "gzip" ? gzipSync(lines.join(""), { level: 1 }) : Buffer.from(lines.join(""))
  const headers = name === "gzip" ? { "content-encoding": "gzip" } : {}
  const items = await bulk(`${node}/${index}`, body, headers)
  const millis = performance.now() - begin
  for (const [i, item] of items.entries()) {
    const { _primary_term, _seq_no, result } = item.index ?? item.update
    if (result !== "updated") throw new Error(`${name} changed nothing: ${result}`)
    seen[i] = { seqNo: _seq_no, primaryTerm: _primary_term }
  }
  return { micros: (millis * 1000) / changes.length, bytes: body.length / changes.length }
}

const compare = async (node: string, rows: number): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  const next = changesOf(rows)
  const first = next()
  const { properties, settings } = Definition.describe(Order)
  const contenders = await Promise.all(
    Object.keys(ways).map(async (name) => {
      const index = `bench-targeted-${process.pid}-${rows}-${name}`
      const mappings = { dynamic: false, properties }
      await ask(`${node}/${index}`, { method: "PUT", body: JSON.stringify({ settings, mappings }) })
      const body = first.map(({ id, text }) => `{"create":{"_id":"${id}"}}\n${text}\n`).join("")
      const items = await bulk(`${node}/${index}`, body)
      const seen = items.map(({ create }: any) => ({ seqNo: create._seq_no, primaryTerm: create._primary_term }))
      return { index, name, seen, costs: new Array<{ readonly micros: number; readonly bytes: number }>() }
    })
  )
  for (let round = 0; round < rounds; round++) {
    const changes = next()
    for (const { costs, index, name, seen } of contenders) {
      const cost = await send(node, index, name, changes, seen)
      if (round >= roundsToWarmUp) costs.push(cost)
    }
  }
  const of = (costs: (typeof contenders)[number]["costs"]) => median(costs.map(({ micros }) => micros))
  return contenders.map(({ costs, name }) => [
    `${rows} rows, ${name}`,
    of(costs).toFixed(0),
    (of(costs) / of(contenders[0]!.costs)).toFixed(2),
    median(costs.map(({ bytes }) => bytes)).toFixed(0)
  ])
}

await Effect.gen(function* () {
  const { node } = yield* Servers.openSearch({ speed: "steady" })
  yield* Effect.promise(async () => {
    const body = JSON.stringify({ script: { lang: "painless", source } })
    await ask(`${node}/_scripts/${scriptId}`, { method: "PUT", body })
    const rows = []
    for (const size of sizes) rows.push(...(await compare(node, size)))
    const title = "One row of a document changed"
    console.log(Table.text({ title, head: ["", "µs a document", "of whole", "bytes a document"], rows }))
  })
}).pipe(Effect.scoped, Effect.runPromise)
process.exit(0)
