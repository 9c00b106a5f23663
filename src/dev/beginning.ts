/** Rows and documents that are there at the beginning, as many as a page is shown. */
import { Clock, Effect } from "effect"
import type { Opened } from "../console/open.ts"
import { placeOf } from "../console/rows.ts"
import type { Shape } from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { visible } from "../fold/source.ts"
import { keysOf } from "../KeyNames.ts"
import { Sink } from "../sink/Sink.ts"
import type { Attributes } from "../source/Change.ts"
import { ScanApi } from "../source/scan/ScanApi.ts"

const rowsMax = 5000
const readMax = 100

/** The first rows of the table. */
export const items = Effect.fnUntraced(function* (tableName: string) {
  const api = yield* ScanApi
  const all: Array<Attributes> = []
  let after: Attributes | undefined
  do {
    const page = yield* api.scan({ tableName, segment: 0, segments: 1, after, rowsMax: undefined })
    all.push(...page.items)
    after = page.last
  } while (after !== undefined && all.length < rowsMax)
  return all.slice(0, rowsMax)
})

/** Reads the documents of some rows, and shows them. */
export const tellDocuments = Effect.fnUntraced(function* (
  { view }: Opened,
  table: Table.Table,
  rows: ReadonlyArray<Attributes>
) {
  const ids = new Map<Shape, Set<string>>()
  for (const row of rows) {
    const { id, shape } = placeOf(table, keysOf(table, row))
    if (shape !== undefined && id !== null) ids.set(shape, (ids.get(shape) ?? new Set()).add(id))
  }
  const sink = yield* Sink
  const now = yield* Clock.currentTimeMillis
  for (const [shape, own] of ids) {
    const all = [...own]
    for (let i = 0; i < all.length; i += readMax) {
      const some = all.slice(i, i + readMax)
      const documents = yield* sink.read(shape, some)
      for (const [j, id] of some.entries()) {
        const document = documents[j]
        view.read({ aggregate: shape.aggregate.name, id }, document && visible(document)?.text, null, now)
      }
    }
  }
})
