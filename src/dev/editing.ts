/** Edits of the page: rows put and removed, and shown at once; their documents follow through the stream. */
import { Clock, Effect, Result } from "effect"
import { isDeepStrictEqual } from "node:util"
import { ActionError } from "../console/Actions.ts"
import type { Opened } from "../console/open.ts"
import { plain } from "../console/rows.ts"
import type * as requests from "../console/requests.ts"
import type * as Table from "../define/Table.ts"
import { keysOf } from "../KeyNames.ts"
import type { Attributes } from "../source/Change.ts"
import * as items from "./items.ts"
import type { Rows } from "./Place.ts"

export const edit = Effect.fnUntraced(function* (
  { view }: Opened,
  rows: Rows,
  table: Table.Table,
  request: requests.EditRequest
): Effect.fn.Return<requests.EditAnswer, ActionError> {
  if (request._tag !== "Remove") {
    const item = yield* orRefuse(request._tag === "Typed" ? items.ofForm(table, request) : items.typed(request.item))
    return yield* write({ view }, table, item, item, rows.put(item))
  }
  const keys = keysOf(table, yield* orRefuse(items.typed(request.keys)))
  return yield* write({ view }, table, keys, undefined, rows.remove(keys))
})

/** Writes a row, of which the page is told before its change comes; what was not done is taken back. */
const write = Effect.fnUntraced(function* (
  { view }: Pick<Opened, "view">,
  table: Table.Table,
  row: Attributes,
  after: Attributes | undefined,
  send: Effect.Effect<Attributes | undefined, ActionError>
) {
  const keys = keysOf(table, row)
  const lacking = table.keyNames.find((name) => !Object.hasOwn(keys, name))
  if (lacking !== undefined) return yield* new ActionError({ message: `the row has no key attribute ${lacking}` })
  const known = view.wrote(keys, after, yield* Clock.currentTimeMillis)
  const before = yield* Effect.tapError(send, () => Effect.sync(() => view.unwrote(known, true)))
  // The stream says nothing of a write that changes nothing.
  if (isSame(before, after)) view.unwrote(known, false)
  return { row: known.row }
})

const isSame = (before: Attributes | undefined, after: Attributes | undefined): boolean =>
  before === undefined || after === undefined
    ? before === after
    : isDeepStrictEqual(sorted(plain(before)), sorted(plain(after)))

/** Sets have no order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      /^[SNB]S$/.test(name) && Array.isArray(inner) ? inner.toSorted() : sorted(inner)
    ])
  )
}

const orRefuse = <A>(read: Result.Result<A, string>): Effect.Effect<A, ActionError> =>
  Result.isFailure(read) ? new ActionError({ message: read.failure }) : Effect.succeed(read.success)
