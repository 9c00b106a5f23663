/** A table: the names of its key attributes, its aggregates, and which of them claim a row. */
import type { Schema } from "effect"
import type * as Aggregate from "./Aggregate.ts"
import * as Claims from "./claims.ts"
import { otherCopy } from "./otherCopy.ts"
import { type Names, problemsOf, unchangedPrevious, unknownPrevious } from "./problems.ts"
import type * as Row from "./Row.ts"
import * as Shape from "./Shape.ts"

export interface Table {
  readonly partitionKey: string
  readonly sortKey: string | undefined
  /** The names of both, or of the one there is. */
  readonly keyNames: ReadonlyArray<string>
  readonly typeAttribute: string | undefined
  readonly aggregates: ReadonlyArray<Aggregate.Any>
  /** Finds who claims a row by its key texts (numbers in plain decimals, binary as base64): each aggregate once. */
  readonly claims: Claims.Claims
  /** The same table as earlier definitions of some aggregates see it, whose generations are still written. */
  readonly previous: Table | undefined
}

/** All that is wrong with a definition, thrown by `Table.make` when the program starts. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError"
  readonly problems: ReadonlyArray<string>
  constructor(problems: ReadonlyArray<string>) {
    super(`the definition can't be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`)
    this.problems = problems
  }
}

type Named<T extends ReadonlyArray<Aggregate.Any>> = {
  readonly [I in keyof T]: T[I]["name"] extends { [J in keyof T]: J extends I ? never : T[J]["name"] }[number]
    ? `two aggregates are named "${T[I]["name"]}"`
    : string extends T[I]["name"]
      ? T[I]
      : T[I]["name"] extends Lowercase<T[I]["name"]>
        ? T[I]
        : `OpenSearch takes names in lower case alone: "${Lowercase<T[I]["name"]>}"`
}

interface Options<T> {
  /** The name of the table's partition key attribute. */
  readonly partitionKey: string
  /** The name of its sort key attribute; leave it out for a table without one. */
  readonly sortKey?: string
  /** The attribute that tells the kind of a row, for kinds whose `type` is a text alone. Defaults to none. */
  readonly typeAttribute?: string
  readonly aggregates: T
  /**
   * Earlier definitions of some of the aggregates, by the same names. While a new generation is being filled both are
   * written; take them out when the old generation was dropped. Defaults to none.
   */
  readonly previous?: ReadonlyArray<Aggregate.Any>
}

/** Declares a table. Throws one `DefinitionError` that lists everything that is wrong with it and its aggregates. */
export const make = <const T extends ReadonlyArray<Aggregate.Any>>(options: Options<T & NoInfer<Named<T>>>): Table => {
  const { partitionKey, previous = [], sortKey, typeAttribute } = options
  const names: Names = { partitionKey, sortKey, typeAttribute }
  const aggregates: ReadonlyArray<Aggregate.Any> = options.aggregates
  // Alone: whatever else is found by schemas of two copies may come from that.
  const copies = otherCopy([...aggregates, ...previous].flatMap(schemasOf))
  if (copies !== undefined) throw new DefinitionError([copies])
  const problems = [
    ...problemsOf(names, aggregates),
    ...(previous.length === 0 ? [] : problemsOf(names, previous)),
    ...unknownPrevious(aggregates, previous)
  ]
  if (problems.length === 0) problems.push(...unchangedPrevious(aggregates, previous))
  if (problems.length > 0) throw new DefinitionError(problems)
  return build(names, aggregates, previous.length === 0 ? undefined : earlier(names, aggregates, previous))
}

/** The earlier definitions, among the aggregates that are as they were. */
const earlier = (
  names: Names,
  aggregates: ReadonlyArray<Aggregate.Any>,
  previous: ReadonlyArray<Aggregate.Any>
): Table => {
  const others = aggregates.filter(({ name }) => previous.every((before) => before.name !== name))
  return part(build(names, [...previous, ...others], undefined), previous)
}

/** The same table with some of its aggregates alone, which claim the rows that they claim beside the others. */
export const part = (table: Table, aggregates: ReadonlyArray<Aggregate.Any>): Table => ({
  ...table,
  aggregates,
  previous: undefined,
  claims: (partition, sort) => table.claims(partition, sort).filter(({ shape }) => aggregates.includes(shape.aggregate))
})

const schemasOf = ({ derived, parts, root }: Aggregate.Any): ReadonlyArray<Schema.Constraint> => [
  ...[...(root === undefined ? [] : [root]), ...Object.values(parts)].flatMap(schemasOfRow),
  ...derived.flatMap(({ fields }) => Object.values(fields))
]

const schemasOfRow = ({ parts, schema, where }: Row.Row): ReadonlyArray<Schema.Constraint> => [
  schema,
  ...(where === undefined ? [] : [where]),
  ...Object.values(parts).flatMap(schemasOfRow)
]

const build = (names: Names, aggregates: ReadonlyArray<Aggregate.Any>, previous: Table | undefined): Table => {
  const { partitionKey, sortKey, typeAttribute } = names
  return {
    partitionKey,
    sortKey,
    typeAttribute,
    keyNames: sortKey === undefined ? [partitionKey] : [partitionKey, sortKey],
    aggregates,
    previous,
    claims: Claims.of(aggregates.map(Shape.of), typeAttribute)
  }
}

/** Tells whether attributes are the table's keys, by their names: all of them, and nothing else. */
export const hasKeyNames = ({ keyNames }: Table, keys: object): boolean => {
  let count = 0
  for (const _ in keys) count++
  if (count !== keyNames.length) return false
  for (const name of keyNames) if (!Object.hasOwn(keys, name)) return false
  return true
}

/** Other names of keys than the definition's, both named: `PK, SK, but the definition's are PK, sk`. */
export const otherKeyNames = ({ keyNames }: Table, names: ReadonlyArray<string>): string => {
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : ""
  const shown = names.slice(0, namesMax).map((name) => name.slice(0, nameLengthMax))
  return `${shown.join(", ") || "none"}${more}, but the definition's are ${keyNames.join(", ")}`
}

/** A table has two key attributes at most, with names of up to 255 bytes; a damaged record may have anything. */
const namesMax = 4
const nameLengthMax = 255

/** Tells whether a value is a table, as a module given on the command line should export. */
export const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && "aggregates" in value && "claims" in value && "partitionKey" in value
