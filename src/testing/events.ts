/**
 * Row changes by hand, for tests: `put(Order).orderItems({ orderId: "7", n: "1" }, { sku: "tea" })`.
 *
 * Each call is later than the one before it, whatever the rows: versions are counted in one place for the whole
 * program. Give `version` where a test needs another order than that of its calls. Keys are taken to be strings, as
 * in a table whose key attributes are of type S.
 */
import { Result, Schema } from "effect"
import { jsonOfRow } from "../decode/decode.ts"
import * as RowEvent from "../decode/RowEvent.ts"
import { renderer } from "../decode/rowCodec.ts"
import { documentKey } from "../decode/rowKey.ts"
import { nonFiniteNumber } from "../decode/nonFiniteNumber.ts"
import * as Version from "../Version.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Claims from "../define/claims.ts"
import type { KeyNames, Names } from "../define/Key.ts"
import { memo } from "../memo.ts"
import type * as Row from "../define/Row.ts"
import * as Shape from "../define/Shape.ts"
import type { Attributes } from "../source/Change.ts"

/** An aggregate's rows by the field that shows them; its root under `root`, which wins over a part of that name. */
type Rows<A extends Aggregate.Any> = (A["root"] extends Row.Row ? { readonly root: A["root"] } : {}) & A["parts"]

/** The paths of an aggregate's rows, as OpenSearch names fields: `comments.reactions`; its root is `root`. */
export type Paths<A extends Aggregate.Any> = (A["root"] extends Row.Row ? "root" : never) | PathsOf<A["parts"]>
type PathsOf<P> = {
  [F in keyof P & string]: F | (P[F] extends Row.Row ? `${F}.${PathsOf<P[F]["parts"]>}` : never)
}[keyof P & string]

type NamesOf<R> = R extends Row.Row ? (R["template"] extends string ? Names<R["template"]> : never) : never
type FieldsOf<R> = R extends Row.Row ? R["schema"]["Type"] : never
/** The values of a row's key by name: those of its aggregate's key, of its outer rows' templates, and of its own. */
type KeyOf<N extends string> = { readonly [K in N]: string }

export interface Options {
  /** Defaults to one that is later than that of every call before. */
  readonly version?: Version.Version
  /** Tells whether the stream says that the row is new; a hint to the sink, no more. Defaults to `false`. */
  readonly isInsert?: boolean
  /** The time at which the row changed, in epoch milliseconds. Defaults to unknown. */
  readonly changedAt?: number
}

interface PutRow<Key, Fields> {
  (key: Key, fields: Fields, options?: Options): RowEvent.RowEvent
  /**
   * Puts a row as it stands in the table, in DynamoDB's typed JSON, its key attributes aside. One that `where` does not
   * take counts as removed. One that the schema refuses leaves its last state, and the event's `refused` says why.
   */
  readonly raw: (key: Key, attributes: Attributes, options?: Options) => RowEvent.RowEvent
}

/** The functions of rows inside rows are properties of the outer row's: `put(Task).comments.reactions(key, fields)`. */
export type Put<A extends Aggregate.Any> = {
  readonly [F in keyof Rows<A>]: PutAt<Rows<A>[F], KeyNames<A["key"]> | NamesOf<Rows<A>[F]>>
}
type PutAt<R, N extends string> = PutRow<KeyOf<N>, FieldsOf<R>> &
  (R extends Row.Row ? { readonly [F in keyof R["parts"]]: PutAt<R["parts"][F], N | NamesOf<R["parts"][F]>> } : {})

export type Remove<A extends Aggregate.Any> = {
  readonly [F in keyof Rows<A>]: RemoveAt<Rows<A>[F], KeyNames<A["key"]> | NamesOf<Rows<A>[F]>>
}
type RemoveAt<R, N extends string> = ((key: KeyOf<N>, options?: Options) => RowEvent.RowEvent) &
  (R extends Row.Row ? { readonly [F in keyof R["parts"]]: RemoveAt<R["parts"][F], N | NamesOf<R["parts"][F]>> } : {})

/**
 * Puts rows of an aggregate: `put(Order).root(key, fields)`, and one function for each part; of parts inside a part,
 * `put(Task).comments.reactions(key, fields)`. Throws where the fields
 * are not what the row's schema says, or a key value can't stand in its template.
 */
export const put = <A extends Aggregate.Any>(aggregate: A): Put<A> =>
  eachRow(aggregate, (shape, row) => {
    const render = texts(row.schema)
    const typed = (key: Shape.Values, fields: unknown, options?: Options) =>
      eventOf(shape, row, key, render(fields), options ?? {})
    const raw = (key: Shape.Values, attributes: Attributes, options?: Options) => {
      const { json, refused } = rawState(row, key, attributes)
      return eventOf(shape, row, key, json, { ...options, refused })
    }
    return Object.assign(typed, { raw })
  }) as Put<A>

/** The state of a row that stands in the table with these attributes. */
export const rawState = (row: Shape.RowShape, key: Shape.Values, attributes: Attributes): RowState => {
  const json = jsonOfRow(row, attributes, key)
  return Result.isFailure(json) ? { json: undefined, refused: json.failure } : { json: json.success }
}

/** The content of a row after a change, as an event has it. */
export type RowState = Pick<RowEvent.RowEvent, "json" | "refused">

/** Removes rows of an aggregate: `remove(Order).root(key)`, and one function for each part, as `put` has. */
export const remove = <A extends Aggregate.Any>(aggregate: A): Remove<A> =>
  eachRow(
    aggregate,
    (shape, row) => (key: Shape.Values, options?: Options) => eventOf(shape, row, key, undefined, options ?? {})
  ) as Remove<A>

/** The event of one row; `json` is the JSON text of its fields, `undefined` for a removed one. */
export const eventOf = (
  shape: Shape.Shape,
  row: Shape.RowShape,
  key: Shape.Values,
  json: string | undefined,
  options: Options & Pick<RowState, "refused">
): RowEvent.RowEvent => {
  const partition = readable(shape.partition, key)
  const rowKey = row.sortKey === undefined ? "" : readable(row.sortKey, key)
  if (!isOf(shape, row, partition, rowKey)) {
    throw new Error(
      `the row ${partition} / ${rowKey} is not of "${row.sortKey?.text}": a more specific template takes it`
    )
  }
  return RowEvent.make({
    shape,
    row,
    ...documentKey(shape, key),
    rowKey,
    version: options.version ?? later(),
    json,
    isInsert: options.isInsert ?? false,
    changedAt: options.changedAt,
    ...(options.refused === undefined ? {} : { refused: options.refused })
  })
}

/** Tells whether a row with this key may be of this kind: no more specific template takes it. */
export const isOf = (shape: Shape.Shape, row: Shape.RowShape, partition: string, rowKey: string): boolean =>
  claimsOf(shape)(partition, rowKey).some((claim) => [claim, ...claim.others].some((kind) => kind.row === row))

const claimsOf = memo((shape: Shape.Shape) => Claims.of([shape]))

/** The JSON text of fields as a row's schema has them: checked, and in the schema's order. */
export const texts = (schema: Row.AnySchema): ((fields: unknown) => string) => {
  const check = Schema.decodeUnknownSync(Schema.toType(schema))
  const render = renderer(schema)
  return (fields) => {
    const checked = check(fields)
    const number = nonFiniteNumber(checked)
    if (number !== undefined) throw new Error(`field "${number.field}" is ${number.number}, which JSON can't hold`)
    return render(checked)
  }
}

/** The label of the stream that all calls of `put` and `remove` come from. */
export const epoch = 1_767_225_600_000

let calls = 0

const later = (): Version.Version => Version.stream(epoch, String(100_000_000_000_000 + ++calls).padEnd(21, "0"))

const readable = (template: Shape.Shape["partition"], key: Shape.Values): string => {
  const text = template.format(key)
  const read = template.parse(text)
  const unread = template.names.find((name) => read?.[name] !== key[name])
  if (read === undefined || unread !== undefined) {
    const what = unread === undefined ? "it" : `${unread}: ${JSON.stringify(key[unread])}`
    throw new Error(`the key template "${template.text}" can't hold ${what}`)
  }
  return text
}

/** The functions of all rows by their fields; those of rows inside rows are properties of the outer row's function. */
const eachRow = <F extends object>(aggregate: Aggregate.Any, make: (shape: Shape.Shape, row: Shape.RowShape) => F) => {
  const shape = Shape.of(aggregate)
  const within = (outer: Shape.RowShape | undefined): { readonly [name: string]: F } =>
    Object.fromEntries((shape.within.get(outer) ?? []).map((row) => [row.name, withInner(row)]))
  const withInner = (row: Shape.RowShape): F => {
    const own = make(shape, row)
    for (const [name, inner] of Object.entries(within(row))) {
      // A function has a name and a length of its own.
      if (name !== "raw") Object.defineProperty(own, name, { value: inner, enumerable: true, configurable: true })
    }
    return own
  }
  return shape.root === undefined ? within(undefined) : { ...within(undefined), root: make(shape, shape.root) }
}
