/** For random definitions and rows of them: the definition found from the rows takes each of them. */
import { assert, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import { infer } from "../../src/init/infer.ts"
import type { Attributes } from "../../src/source/Change.ts"
import { index, schedules, type Schedule } from "../../src/testing/deliveries.ts"
import { often } from "../often.ts"
import { decoded } from "./decoded.ts"
import { loaded } from "./loaded.ts"
import { row } from "./tables.ts"

const types = [
  Schema.String,
  Schema.optionalKey(Schema.String),
  Schema.Finite,
  Schema.Int,
  Schema.Boolean,
  Schema.Date,
  Schema.Json,
  Schema.Array(Schema.Finite),
  Schema.NullOr(Schema.String),
  Schema.Struct({ a: Schema.String, b: Schema.optionalKey(Schema.Struct({ c: Schema.Int })) }),
  Schema.Array(Schema.Struct({ d: Schema.optionalKey(Schema.Json) })),
  Schema.Record(Schema.String, Schema.Finite)
]
/** Names of attributes, among them those that keys may be given. */
const names = ["itemId", "orderId", "id", "createdAt", "n", "title", "items"]
const partitions = ["ORDER#{x}", "user#{x}", "T-{x}", "CONFIG", "a_{x}", "{x}"]
const roots = ["DETAILS", "#META", "same", "none", "ROOT#{r}"]
const parts = ["ITEM#{n}", "ITEM#{n}#NOTE#{m}", "LOG#{day}#{n}", "STATE", "{n}", "S/{n}", "ITEM", "item-{n}"]

const fields = Arbitrary.map(
  Arbitrary.array(Arbitrary.all([index(names.length), index(types.length)]), { maxLength: 4 }),
  (chosen) => Object.fromEntries(chosen.map(([name, type]) => [names[name]!, types[type]!] as const))
)

const aggregate = Arbitrary.map(
  Arbitrary.all({
    partition: index(partitions.length),
    root: index(roots.length),
    rootFields: fields,
    parts: Arbitrary.array(Arbitrary.all({ part: index(parts.length), isOne: index(2), fields }), {
      minLength: 1,
      maxLength: 3
    })
  }),
  (chosen) => {
    const key = partitions[chosen.partition]!
    const named = roots[chosen.root]!
    const template = named === "same" ? key : named
    const root = named === "none" ? {} : { root: Aggregate.root(template, chosen.rootFields) }
    const own = chosen.parts.map(({ fields, isOne, part }) => {
      const template = parts[part]!
      return [`part${part}`, isOne === 1 ? Aggregate.one(template, fields) : Aggregate.many(template, fields)] as const
    })
    return Aggregate.make(`a${chosen.partition}`, {
      key,
      ...root,
      parts: Object.fromEntries(own)
    } as never) as Aggregate.Any
  }
)

const definitions = Arbitrary.filter(
  Arbitrary.map(Arbitrary.array(aggregate, { minLength: 1, maxLength: 2 }), (all) => [
    ...new Map(all.map((one) => [one.name, one])).values()
  ]),
  (aggregates) => {
    try {
      Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: aggregates as never })
      return true
    } catch {
      return false
    }
  }
)

const keys = { partitionKey: "PK", sortKey: "SK" }

/** The rows that the table has at the end. */
const rowsOf = ({ inOrder }: Schedule): ReadonlyArray<Attributes> => {
  const rows = new Map<string, Attributes | undefined>()
  for (const { id, json, rowKey: SK, shape } of inOrder) {
    const PK = shape.names.length === 0 ? shape.partition.text : shape.partition.format({ [shape.names[0]!]: id })
    rows.set(JSON.stringify([PK, SK]), json === undefined ? undefined : row({ ...JSON.parse(json), PK, SK }))
  }
  return [...rows.values()].filter((row) => row !== undefined)
}

const samples = Arbitrary.map(
  Arbitrary.flatMap(definitions, (aggregates) =>
    schedules(aggregates, { documents: 4, keyPrefix: "k", eventsMax: 30 })
  ),
  rowsOf
)

it.prop(
  "the definition that rows give takes all of them",
  [samples],
  ([rows]) => {
    const { kinds, source, unplaced } = infer("t", keys, rows)
    assert.deepStrictEqual(unplaced, [])
    if (rows.length === 0) return
    const { others, taken } = decoded(loaded(source), { keys, rows })
    assert.deepStrictEqual(others, [], source)
    assert.deepStrictEqual(
      taken,
      Object.fromEntries(kinds.map(({ aggregate, field, rows }) => [`${aggregate}.${field}`, rows]))
    )
  },
  { timeout: 120_000, arbitrary: { runs: often(1500) } }
)
