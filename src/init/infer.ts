/**
 * A definition out of a sample of rows, and what it makes of these rows: pure. The definition is made and tried on the
 * rows before it is printed, so what is said of them is what `backfill` would find.
 */
import { decode } from "../decode/decode.ts"
import { type KeyNames, keysOf } from "../KeyNames.ts"
import type { Attributes, Change } from "../source/Change.ts"
import { firstUsable, type Kind, type Model, tableOf } from "./Model.ts"
import { modelOf } from "./modelOf.ts"
import { type Sample, sampleOf, type Sampled } from "./Sampled.ts"
import { sourceOf } from "./source.ts"

/** One kind of row in the definition. */
export interface KindReport {
  readonly aggregate: string
  /** The document's field, or `root`. */
  readonly field: string
  readonly kind: "root" | "many" | "one"
  /** The templates of its keys. */
  readonly key: ReadonlyArray<string>
  readonly type: string | undefined
  readonly rows: number
}

/** Rows that no kind takes, or one refuses, by the pattern of their keys. */
export interface Unplaced {
  readonly key: ReadonlyArray<string>
  readonly rows: number
  /** The key of one of them. */
  readonly example: string
  readonly reason: string
}

export interface Inferred {
  readonly source: string
  readonly kinds: ReadonlyArray<KindReport>
  readonly rows: number
  readonly unplaced: ReadonlyArray<Unplaced>
}

/** Ways to read a sample, the best first. The next is taken where two kinds could not be told by their keys. */
const options = [
  { isNested: true, areSame: true },
  { isNested: false, areSame: true },
  { isNested: true, areSame: false },
  { isNested: false, areSame: false }
]

/** Infers a definition. `tableName` is what nothing else gives a name. */
export const infer = (tableName: string, names: KeyNames, images: ReadonlyArray<Attributes>): Inferred => {
  const sample = sampleOf(names, images)
  const model = firstUsable(options.map((options) => modelOf(sample, tableName, options)))
  const unplaced = model.aggregates.length === 0 ? [] : tried(model, sample)
  const unread = images.length - sample.rows.length
  return {
    source: sourceOf(model, headingOf(tableName, images.length)),
    kinds: kindsOf(model),
    rows: images.length,
    unplaced: [
      ...unplaced,
      ...(unread === 0 ? [] : [{ key: [], rows: unread, example: "", reason: "its keys can't be read" }])
    ]
  }
}

const headingOf = (tableName: string, rows: number): ReadonlyArray<string> => [
  `The table ${tableName}, out of a sample of ${rows} rows, by \`tablefold init\`.`,
  "Names are made from keys; what a comment says is a guess. Read it through, then try it on more of the table."
]

const kindsOf = ({ aggregates }: Model): ReadonlyArray<KindReport> =>
  aggregates.flatMap(({ key, kinds, name }) => {
    const [partition, prefix = ""] = typeof key === "string" ? [key] : key
    const report = (kind: Kind, before: string, path: string): ReadonlyArray<KindReport> => {
      const sort = before + (kind.template ?? "")
      const field = path + (kind.field || "root")
      return [
        {
          aggregate: name,
          field,
          kind: kind.kind,
          key: sort === "" ? [partition] : [partition, sort],
          type: kind.type,
          rows: kind.rows
        },
        ...kind.parts.flatMap((part) => report(part, sort, `${field}.`))
      ]
    }
    return kinds.flatMap((kind) => report(kind, prefix, ""))
  })

/** Tries the definition on the rows it was made from. */
const tried = (model: Model, { names, rows }: Sample): ReadonlyArray<Unplaced> => {
  const table = tableOf(model)
  const found = new Map<string, { -readonly [K in keyof Unplaced]: Unplaced[K] }>()
  for (const row of rows) {
    const change: Change = {
      keys: keysOf(names, row.image),
      image: row.image,
      origin: { _tag: "Scan", tableArn: "", epoch: 0, requestedAt: 0 }
    }
    const events = decode(table, change)
    const refusals = events.flatMap((event) =>
      event._tag === "Event"
        ? []
        : [event._tag === "Reject" ? `${event.aggregate ?? ""}: ${event.reason}` : event.reason]
    )
    const isTaken = events.some((event) => event._tag === "Event" && event.event.json !== undefined)
    if (isTaken && refusals.length === 0) continue
    const key = [row.partitionPlace.pattern.text, ...(row.sortPlace === undefined ? [] : [row.sortPlace.pattern.text])]
    const reason = refusals[0] ?? "no kind takes it"
    const known = found.get(JSON.stringify([key, reason]))
    if (known === undefined) found.set(JSON.stringify([key, reason]), { key, rows: 1, example: exampleOf(row), reason })
    else known.rows++
  }
  return [...found.values()].toSorted((a, b) => b.rows - a.rows)
}

const exampleOf = ({ partition, sort }: Sampled): string =>
  [partition, ...(sort === undefined ? [] : [sort])].join(" / ")
