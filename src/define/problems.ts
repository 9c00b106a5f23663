/** Everything that can be wrong with a definition, as sentences, all at once. */
import { Schema } from "effect"
import type * as Aggregate from "./Aggregate.ts"
import * as Definition from "./Definition.ts"
import * as Key from "./Key.ts"
import * as Mapping from "./Mapping.ts"
import type * as Row from "./Row.ts"
import * as Shape from "./Shape.ts"

/** The names of a table's attributes that its definition needs. */
export interface Names {
  readonly partitionKey: string
  readonly sortKey: string | undefined
  readonly typeAttribute: string | undefined
}

/** The problems of a table's aggregates; empty when the definition can be used. */
export const problemsOf = (
  { partitionKey, sortKey, typeAttribute }: Names,
  aggregates: ReadonlyArray<Aggregate.Any>
): ReadonlyArray<string> => {
  const own = aggregates.flatMap((aggregate) => {
    const found = [
      ...aliasProblems(aggregate.name),
      ...templateProblems(aggregate),
      ...rootProblems(aggregate, sortKey),
      ...(typeAttribute === undefined ? typeProblems(aggregate) : []),
      ...fieldProblems(aggregate)
    ]
    return found.map((problem) => `aggregate "${aggregate.name}": ${problem}`)
  })
  const table = [
    ...(partitionKey.trim() === "" ? ["the table's partitionKey has no name"] : []),
    ...(typeAttribute?.trim() === "" ? ["the table's typeAttribute has no name"] : []),
    ...(partitionKey === sortKey ? [`partitionKey and sortKey are both "${partitionKey}"`] : []),
    ...(aggregates.length === 0 ? ["the table has no aggregates"] : []),
    ...duplicates(aggregates.map(({ name }) => name)).map((name) => `two aggregates are named "${name}"`)
  ]
  const malformed = own.length + table.length > 0
  return [...table, ...own, ...(malformed ? [] : aggregates.map(Shape.of).flatMap(ambiguities))]
}

/** Earlier definitions given beside a table's aggregates that are of none of them. */
export const unknownPrevious = (
  aggregates: ReadonlyArray<Aggregate.Any>,
  previous: ReadonlyArray<Aggregate.Any>
): ReadonlyArray<string> =>
  previous
    .filter((before) => aggregates.every(({ name }) => name !== before.name))
    .map(({ name }) => `previous holds "${name}", but no aggregate has that name now`)

/**
 * Earlier definitions with the hash of the current one: both would write one generation. Give it definitions that have
 * no other problems, as only those have a hash.
 */
export const unchangedPrevious = (
  aggregates: ReadonlyArray<Aggregate.Any>,
  previous: ReadonlyArray<Aggregate.Any>
): ReadonlyArray<string> =>
  previous.flatMap((before) => {
    const now = aggregates.find(({ name }) => name === before.name)
    if (now === undefined || Definition.of(now).hash !== Definition.of(before).hash) return []
    return [
      `previous holds a definition of "${before.name}" with the hash of the one in aggregates, so both would write ` +
        "one index: raise the current one's `revision` if its documents are others, else remove it from previous"
    ]
  })

/** The rules for names of indices and aliases: doc "Create index", OpenSearch 2.19. */
const aliasProblems = (name: string): ReadonlyArray<string> => {
  const bad = name === "" || /[A-Z\s\\/*?"<>|,#:]/.test(name) || /^[-_+]|^\.\.?$/.test(name)
  if (bad) return [`"${name}" is no name OpenSearch takes for an index: lower case, no blanks and none of \\/*?"<>|,#:`]
  return Buffer.byteLength(name) > 200 ? [`"${name}" is longer than 200 bytes`] : []
}

/** All parts of an aggregate by the paths of their fields, each with the template before its own. */
const partsOf = (parts: Row.Parts, before: string, above: string): ReadonlyArray<Part> =>
  Object.entries(parts).flatMap(([name, part]) => [
    { ...part, field: `${above}${name}`, before },
    ...partsOf(part.parts, before + (part.template ?? ""), `${above}${name}.`)
  ])

interface Part extends Row.Row {
  readonly field: string
  readonly before: string
}

const allParts = ({ key, parts }: Aggregate.Any): ReadonlyArray<Part> =>
  partsOf(parts, typeof key === "string" ? "" : key[1], "")

const templateProblems = (aggregate: Aggregate.Any): ReadonlyArray<string> => {
  const keys = typeof aggregate.key === "string" ? [aggregate.key] : aggregate.key
  const parts = allParts(aggregate)
  const malformed = [...keys, ...[aggregate.root, ...parts].flatMap((row) => row?.template ?? [])].flatMap(Key.problems)
  if (malformed.length > 0) return malformed
  return [
    ...(keys[0] === "" ? ["its key has no partition key template"] : []),
    ...parts.flatMap(({ before, field, template = "" }) => [
      ...(template === "" ? [`part "${field}" has no sort key template`] : []),
      ...(before !== "" && template.startsWith("{")
        ? [`part "${field}": "${template}" must begin with text that ends the prefix "${before}"`]
        : [])
    ])
  ]
}

const rootProblems = (aggregate: Aggregate.Any, sortKey: string | undefined): ReadonlyArray<string> => {
  const paired = typeof aggregate.key !== "string"
  const { parts, root } = aggregate
  if (root === undefined && Object.keys(parts).length === 0) return ["it has neither a root nor parts"]
  if (sortKey === undefined) {
    const sorted = paired || root?.template !== undefined || Object.keys(parts).length > 0
    return sorted ? ["it uses sort keys, but the table has no sortKey"] : []
  }
  if (root === undefined || paired === (root.template === undefined)) return []
  return paired
    ? [`its root is the row at the sort-key prefix itself, so it takes no template; "${root.template}" was given`]
    : ["its root has no sort key template, but the table has a sortKey"]
}

/** All kinds of rows of an aggregate with their names in a sentence. */
const rowsOf = (aggregate: Aggregate.Any): ReadonlyArray<readonly [what: string, row: Row.Row]> => [
  ...(aggregate.root === undefined ? [] : [["the root", aggregate.root] as const]),
  ...allParts(aggregate).map((part) => [`part "${part.field}"`, part] as const)
]

/** Kinds whose type is a text alone, in a table that does not name its type attribute. */
const typeProblems = (aggregate: Aggregate.Any): ReadonlyArray<string> =>
  rowsOf(aggregate).flatMap(([what, { type }]) =>
    typeof type === "string"
      ? [`the type "${type}" of ${what} names no attribute: give the table's typeAttribute, or { attribute: … }`]
      : []
  )

const noStruct = "not a struct or class, nor a union of these: give a value the name of an attribute, { name: schema }"

const fieldProblems = (aggregate: Aggregate.Any): ReadonlyArray<string> => {
  const parts = allParts(aggregate)
  const root = aggregate.root === undefined ? [] : Mapping.fieldsOf(aggregate.root.schema)
  const derived = aggregate.derived.flatMap(({ fields }) => Object.keys(fields))
  const top = [...root, ...Object.keys(aggregate.parts), ...derived]
  const elements = parts.map((part) => [...Mapping.fieldsOf(part.schema), ...Object.keys(part.parts)])
  const inner = [
    ...(aggregate.root === undefined ? [] : Mapping.fieldsWithin(aggregate.root.schema)),
    ...elements,
    ...parts.flatMap(({ schema }) => Mapping.fieldsWithin(schema)),
    ...aggregate.derived.flatMap(({ fields }) => Mapping.fieldsWithin(Schema.Struct(fields)))
  ]
  return [
    ...rowsOf(aggregate)
      .filter(([, row]) => !Mapping.isStruct(row.schema))
      .map(([what]) => `${what} is ${noStruct}`),
    ...rowsOf(aggregate).flatMap(([what, { schema }]) => Mapping.conflictsOf(schema).map(conflict(what))),
    ...rowsOf(aggregate).flatMap(([what, { hidden, schema }]) => (hidden ? [] : untypedProblems(what, schema))),
    ...aggregate.derived.flatMap(({ fields }) => untypedProblems("the derived fields", Schema.Struct(fields))),
    ...duplicates(top).map((name) => `two fields are named "${name}"`),
    ...parts.flatMap(({ field }, i) =>
      duplicates(elements[i]!).map((name) => `two fields of part "${field}" are named "${name}"`)
    ),
    ...top.flatMap((name) => Mapping.nameProblem(name, true) ?? []),
    ...inner.flat().flatMap((name) => Mapping.nameProblem(name, false) ?? []),
    ...(top.includes("_sync") ? ['field "_sync" is reserved for the sync state'] : []),
    ...[[...top, "_sync"], ...inner].flatMap(dotted)
  ]
}

const conflict =
  (what: string) =>
  ({ field, sides: [[a, left], [b, right]] }: Mapping.Conflict): string =>
    `${what} maps "${field}" as ${Definition.canonical(left)} ${a}, and as ${Definition.canonical(right)} ${b}: ` +
    "give both one mapping, or one of them another name"

const untypedProblems = (where: string, schema: Schema.Constraint): ReadonlyArray<string> =>
  [...Mapping.untyped(schema)].map(
    ([path, what]) =>
      `field "${path}" of ${where} is ${what}: annotate it with Mapping.flatObject, Mapping.stored or a mapping of ` +
      "your own (Mapping.field)"
  )

/** `a` and `a.b` side by side: a dot in a name makes an object, which `a` is not. */
const dotted = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names
    .filter((name) => name.includes(".") && names.some((other) => name.startsWith(`${other}.`)))
    .map((name) => `field "${name}" lies inside another field by its dots`)

/** Kinds of rows of one aggregate between which a key does not decide. */
const ambiguities = ({ partition, precedence, ...shape }: Shape.Shape): ReadonlyArray<string> => {
  const describe = (row: Shape.RowShape) => {
    const field = row.field === "" ? "" : `.${row.field}`
    return `${shape.aggregate.name}${field} (${partition.text}, ${row.sortKey?.text ?? "no sort key"})`
  }
  const conflicts = precedence.ambiguities.map(({ a, b, key }) => {
    const what = key.length === 0 ? "some row" : `the row ${key.join(" / ")}`
    return (
      `${what} fits both ${describe(a)} and ${describe(b)}, and each takes rows that the other does not: ` +
      "make one more specific, or let their texts differ"
    )
  })
  const alike = precedence.order.flatMap((rows) =>
    rows.flatMap((row, i) =>
      rows.slice(i + 1).flatMap((other) => {
        const both = `${describe(row)} and ${describe(other)} take the same rows`
        if (!isTold(row) || !isTold(other)) return [`${both}: tell them apart by a \`type\` or a \`where\``]
        return row.where === undefined && Definition.canonical(row.type) === Definition.canonical(other.type)
          ? [`${both}, also by their type`]
          : []
      })
    )
  )
  return [...conflicts, ...alike]
}

const isTold = ({ type, where }: Shape.RowShape): boolean => type !== undefined || where !== undefined

const duplicates = (names: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(names.filter((name, i) => names.indexOf(name) < i))
]
