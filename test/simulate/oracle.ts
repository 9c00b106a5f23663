/**
 * What the index must hold, told from the rows' histories by plain loops that share nothing with `src`: every document
 * equals the table, none is left over, and what readers must not see is kept where they don't.
 */
import { isDeepStrictEqual } from "node:util"
import type { History, RowHistory, State } from "./History.ts"
import type { Field, Json } from "./shop.ts"

export interface Stored {
  readonly id: string
  readonly source: Json
  /** Tells whether a search through the alias finds it. */
  readonly isFound: boolean
}

export interface Difference {
  readonly aggregate: string
  readonly id: string
  readonly what: string
  readonly expected: unknown
  readonly found: unknown
}

/** How the definition of an index reads orders, where it is another than the first. */
export interface Reading {
  /** What each piece counts for. */
  readonly pieces: number
  /** Tells whether the document with this id shows its gift: the attribute that a definition adds in place. */
  readonly gift: (id: string) => "shown" | "not shown" | "either"
}

const plain: Reading = { pieces: 1, gift: () => "not shown" }

/**
 * Where the documents of one aggregate differ from its rows. `mayLack`: rows whose newest state is refused may show any
 * earlier state, or none, because an index was lost or a dead letter stood for several states.
 */
export const differences = (
  aggregate: string,
  { shop, shown }: Pick<History, "shop" | "shown">,
  stored: ReadonlyArray<Stored>,
  mayLack: boolean,
  reading = plain
): ReadonlyArray<Difference> => {
  const found = new Map(stored.map((document) => [document.id, document]))
  const fields = shop.fields.filter((field) => field.aggregate === aggregate)
  const rows = shown.flatMap(([, history]) => (history.row.aggregate === aggregate ? history : []))
  const own = Map.groupBy(rows, ({ place }) => place.id)
  const wrong: Array<Difference> = []
  for (const id of new Set([...own.keys(), ...found.keys()])) {
    const choices = choicesOf(own.get(id) ?? [], mayLack)
    const gift = reading.gift(id)
    const gifts = gift === "either" ? [true, false] : [gift === "shown"]
    const results = choices.flatMap((choice) =>
      gifts.map((hasGift) => compare(aggregate, id, expected(fields, choice, reading.pieces, hasGift), found.get(id)))
    )
    if (results.every((result) => result !== undefined)) wrong.push(results[0]!)
  }
  return wrong
}

interface Row {
  readonly history: RowHistory
  readonly json: Json
}

/** The live rows of a document; more than one answer where rows are refused, whose last accepted state may stand. */
const choicesOf = (histories: ReadonlyArray<RowHistory>, mayLack: boolean): ReadonlyArray<ReadonlyArray<Row>> => {
  let choices: Array<ReadonlyArray<Row>> = [[]]
  for (const history of histories) {
    const states = finalStates(history.states, mayLack)
    choices = choices.flatMap((rows) =>
      states.map((json) => (json === undefined ? rows : [...rows, { history, json }]))
    )
  }
  return choices
}

const finalStates = (states: ReadonlyArray<State>, mayLack: boolean): ReadonlyArray<Json | undefined> => {
  const last = states.at(-1)
  if (last === undefined || !last.isRefused) return [last?.json]
  const possible: Array<Json | undefined> = []
  for (const { isRefused, isTold, json } of states.toReversed()) {
    if (isRefused) continue
    possible.push(json)
    if (isTold && !mayLack) return possible
  }
  return [...new Map([...possible, undefined].map((json) => [JSON.stringify(json), json])).values()]
}

const compare = (
  aggregate: string,
  id: string,
  { document, isEmpty, kept }: Expected,
  stored: Stored | undefined
): Difference | undefined => {
  const wrong = (what: string, found: unknown) => ({ aggregate, id, what, expected: document, found })
  if (stored === undefined) return isEmpty ? undefined : wrong("is not there", undefined)
  const { _sync: sync, ...fields } = stored.source
  if (sync?.live !== (document !== undefined)) return wrong(`has live: ${sync?.live}`, fields)
  if (stored.isFound !== (document !== undefined)) return wrong(`is found: ${stored.isFound}`, fields)
  if (!isDeepStrictEqual(fields, document ?? {})) return wrong("shows other fields", fields)
  if (isDeepStrictEqual(sync.kept ?? {}, kept)) return undefined
  return { ...wrong("keeps other rows", sync.kept), expected: kept }
}

/** The document that readers see, the rows it keeps for itself, by field, and whether it has none. */
interface Expected {
  readonly document: Json | undefined
  readonly kept: Json
  readonly isEmpty: boolean
}

const expected = (own: ReadonlyArray<Field>, rows: ReadonlyArray<Row>, pieces: number, hasGift: boolean): Expected => {
  const isEmpty = rows.length === 0
  const sorted = rows.toSorted((a, b) =>
    Buffer.compare(Buffer.from(a.history.place.sk), Buffer.from(b.history.place.sk))
  )
  const isLive = own[0]!.kind === "root" ? sorted.some(({ history }) => history.row.kind === "root") : rows.length > 0
  const document: { [field: string]: any } = {}
  const parts: { [field: string]: Array<Json> } = {}
  const keep = (field: string, members: Array<Json>) => {
    if (members.length > 0) parts[field] = members
  }
  for (const { field, kind } of own) {
    const members = sorted.filter(({ history }) => history.row.field === field).map(({ json }) => json)
    if (!isLive) keep(field, members)
    else if (kind === "root") Object.assign(document, members[0])
    else if (kind === "many") document[field] = members
    else {
      keep(field, members.slice(0, -1))
      if (members.length > 0) document[field] = members.at(-1)
    }
  }
  const kept = Object.keys(parts).length === 0 ? {} : { parts }
  if (!isLive) return { document: undefined, kept, isEmpty }
  if (own[0]!.aggregate === "orders") {
    document["pieces"] = 0
    for (const { quantity } of document["orderItems"]) document["pieces"] += pieces * quantity
    if (!hasGift) delete document["gift"]
  }
  return { document, kept, isEmpty }
}
