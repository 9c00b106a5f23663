/**
 * The meaning of a definition to an index, as plain data, and its hash. Two definitions with one hash write the same
 * documents; a generation's `_meta` keeps this description, so that a later definition can say what it would change.
 */
import { Schema, SchemaAST } from "effect"
import { createHash } from "node:crypto"
import type * as Aggregate from "./Aggregate.ts"
import * as Mapping from "./Mapping.ts"
import { membersOf } from "./members.ts"
import { memo } from "../memo.ts"
import type * as Row from "./Row.ts"
import * as Shape from "./Shape.ts"

/** One kind of row: where its key stands, which attributes it reads, and which rows of that kind count. */
export interface RowDescription {
  readonly kind: string
  readonly sortKey: string
  /** The characters at which a name at the end of the sort key stops, where there are some. */
  readonly stops?: string
  /** The sort keys of the kinds that take rows before this one, where there are some. */
  readonly after?: ReadonlyArray<string>
  readonly attributes: ReadonlyArray<string>
  /** Paths of what a row must not lack, or it is refused. Reported, and no part of the hash: it changes no document. */
  readonly required: ReadonlyArray<string>
  /** The texts that tell its rows from others, by the names of their attributes, where there are some. */
  readonly type?: Row.Type
  /** True where readers do not see its rows. */
  readonly hidden?: boolean
  readonly where: string
}

export interface Description {
  readonly key: string
  readonly rows: { readonly [field: string]: RowDescription }
  readonly properties: Mapping.Properties
  readonly settings: Mapping.Properties
  readonly revision: number
}

/**
 * The mapping's properties of an aggregate's document, the sync state's included: its flag, and the rows that are not
 * shown, mapped as if they were, so that a row is refused when it comes and not when its root or outer row does.
 * Hidden parts are in no mapping.
 */
export const properties = (aggregate: Aggregate.Any): Mapping.Properties => {
  const root = aggregate.root === undefined ? {} : Mapping.propertiesOf(aggregate.root.schema)
  const derived = aggregate.derived.map(({ fields }) => Mapping.propertiesOf(Schema.Struct(fields)))
  const kept: { [list: string]: Mapping.FieldMapping } = {}
  for (const row of Shape.of(aggregate).rows) {
    const path = row.field === "" ? [] : row.field.split(".")
    if (!row.isHidden) Mapping.nest(kept, [row.keptIn, ...path], keptMapping(row))
  }
  const sync = { dynamic: false, properties: { live: { type: "boolean" }, kept: { properties: kept } } }
  return Object.assign({}, root, partProperties(aggregate.parts), ...derived, { _sync: sync })
}

const partProperties = (parts: Row.Parts): Mapping.Properties => {
  const shown = Object.entries(parts).filter(([, { hidden }]) => !hidden)
  return mapValues(Object.fromEntries(shown), ({ kind, parts, schema }) => {
    const fields = { properties: { ...Mapping.propertiesOf(schema), ...partProperties(parts) } }
    return kind === "many" ? { type: "nested", ...fields } : fields
  })
}

/** The index settings that an aggregate asks for and its mapping needs, as OpenSearch names them. */
const settingsOf = (index: Aggregate.IndexSettings, properties: Mapping.Properties): Mapping.Properties => {
  const { analysis, refreshInterval = "1s", replicas, shards } = index
  return {
    index: {
      ...limits(properties),
      ...(shards === undefined ? {} : { number_of_shards: shards }),
      ...(replicas === undefined ? {} : { number_of_replicas: replicas }),
      // Where it is not set, OpenSearch leaves out the refreshes of a shard that nobody searches.
      refresh_interval: refreshInterval
    },
    ...(analysis === undefined ? {} : { analysis })
  }
}

/** OpenSearch's own limits, 1,000 fields, 50 nested ones and 20 levels, raised to a multiple where there are more. */
const limits = (properties: Mapping.Properties) => {
  const { depth, fields, nested } = count(properties)
  const total = Math.ceil(fields / 1000) * 1000
  const nestedTotal = Math.ceil(nested / 50) * 50
  return {
    ...(total > 1000 ? { "mapping.total_fields.limit": total } : {}),
    ...(nestedTotal > 50 ? { "mapping.nested_fields.limit": nestedTotal } : {}),
    ...(depth > 20 ? { "mapping.depth.limit": Math.ceil(depth / 20) * 20 } : {})
  }
}

interface Counts {
  readonly fields: number
  readonly nested: number
  readonly depth: number
}

const count = (properties: Mapping.Properties): Counts => {
  let [fields, nested, depth] = [0, 0, 0]
  for (const mapping of Object.values(properties)) {
    fields++
    if (mapping["type"] === "nested") nested++
    for (const inner of [mapping["properties"], mapping["fields"]]) {
      const below = count((inner ?? {}) as Mapping.Properties)
      fields += below.fields
      nested += below.nested
      depth = Math.max(depth, below.depth + 1)
    }
  }
  return { fields, nested, depth }
}

export const describe = (aggregate: Aggregate.Any): Description => {
  const shape = Shape.of(aggregate)
  const mapped = properties(aggregate)
  return {
    key: typeof aggregate.key === "string" ? aggregate.key : aggregate.key.join(" | "),
    rows: Object.fromEntries(
      shape.rows.map((row) => [
        row.field,
        {
          kind: row.kind,
          sortKey: row.sortKey?.text ?? "",
          ...takenBefore(row, shape),
          attributes: attributesOf(row.schema),
          required: requiredOf(row, shape.names),
          ...(row.type === undefined ? {} : { type: row.type }),
          ...(row.isHidden ? { hidden: true } : {}),
          where: row.where === undefined ? "" : JSON.stringify(Schema.toRepresentation(row.where))
        }
      ])
    ),
    properties: mapped,
    settings: settingsOf(aggregate.index, mapped),
    revision: aggregate.revision
  }
}

/** The refresh interval that a description asks for, as OpenSearch writes it. */
export const refreshIntervalOf = ({ settings }: Description): string =>
  String(indexSettings(settings)["refresh_interval"])

/** The settings without the refresh interval, which an index takes at any time and which changes no document. */
export const withoutRefreshInterval = (settings: Mapping.Properties): Mapping.Properties => {
  const { refresh_interval: _, ...index } = indexSettings(settings)
  return { ...settings, index }
}

/** A description with the refresh interval of another one. */
export const withRefreshIntervalOf = (description: Description, other: Description): Description => {
  const index = { ...indexSettings(description.settings), refresh_interval: refreshIntervalOf(other) }
  return { ...description, settings: { ...description.settings, index } }
}

const indexSettings = ({ index = {} }: Mapping.Properties): Mapping.Properties[string] => index

/** The rows that a kind does not take though they fit the text of its sort key. */
const takenBefore = (row: Shape.RowShape, { precedence }: Shape.Shape) => {
  const last = row.sortKey?.tokens.at(-1)
  const stops = last !== undefined && "name" in last ? last.stop.join("") : ""
  const narrower = (precedence.before.get(row) ?? []).map(({ sortKey }) => sortKey?.text ?? "")
  const alike = precedence.order.find((rows) => rows.includes(row)) ?? []
  const earlier = alike.slice(0, alike.indexOf(row)).filter((other) => !isOtherType(row, other))
  const after = [...narrower, ...earlier.map(({ field }) => `rows of "${field}"`)].toSorted()
  return { ...(stops === "" ? {} : { stops }), ...(after.length === 0 ? {} : { after }) }
}

/** Tells whether no row is of both types: one attribute would have to hold two texts. */
const isOtherType = ({ type: a }: Shape.RowShape, { type: b }: Shape.RowShape): boolean => {
  if (typeof a === "string" || typeof b === "string") return typeof a === typeof b && a !== b
  return Object.entries(a ?? {}).some(([name, text]) => (b?.[name] ?? text) !== text)
}

/**
 * The settings that a definition says and an index does not take at any time: without the refresh interval and the
 * limits that its mapping needs.
 */
export const fixedSettings = (settings: Mapping.Properties): Mapping.Properties => {
  const index = Object.entries(indexSettings(settings)).filter(
    ([name]) => !isLimit(name) && name !== "refresh_interval"
  )
  return { ...settings, index: Object.fromEntries(index) }
}

/** The limits that an index needs for the mapping of a description. */
export const limitsOf = ({ settings }: Description): Mapping.FieldMapping =>
  Object.fromEntries(Object.entries(indexSettings(settings)).filter(([name]) => isLimit(name)))

const isLimit = (name: string): boolean => name.startsWith("mapping.")

/** The properties that readers see. The sync state's follow from the rest, and are this package's own. */
export const readersProperties = ({ properties: { _sync, ...fields } }: Description): Mapping.Properties => fields

/** The hash of what the definition says in a description: 16 hexadecimal digits of its SHA-256. */
export const hash = (description: Description): string => {
  const rows = mapValues(description.rows, (described) => {
    const { required: _, ...row } = described
    return row
  })
  const settings = fixedSettings(description.settings)
  return createHash("sha256")
    .update(canonical({ ...description, rows, properties: readersProperties(description), settings }))
    .digest("hex")
    .slice(0, 16)
}

/** The description of an aggregate's definition, with its hash, made once. */
export const of = memo((aggregate: Aggregate.Any) => {
  const description = describe(aggregate)
  return { description, hash: hash(description) }
})

/** JSON with sorted keys, so that the order in which fields are declared does not count. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`
}

/** Nested, for each row stands alone, and without `copy_to`, which would show its value elsewhere. */
const keptMapping = ({ schema }: Shape.RowShape): Mapping.FieldMapping => ({
  type: "nested",
  properties: withoutCopies(Mapping.propertiesOf(schema))
})

const withoutCopies = (properties: Mapping.Properties): Mapping.Properties =>
  mapValues(properties, (field) => {
    const { copy_to: _, ...mapping } = field
    const inner = mapping["properties"] as Mapping.Properties | undefined
    return inner === undefined ? mapping : { ...mapping, properties: withoutCopies(inner) }
  })

const mapValues = <A, B>(record: { readonly [name: string]: A }, change: (value: A) => B): { [name: string]: B } =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))

const attributesOf = (schema: Schema.Constraint): ReadonlyArray<string> => {
  const structs = membersOf(SchemaAST.toEncoded(schema.ast)).filter(SchemaAST.isObjects)
  const names = structs.flatMap(({ propertySignatures }) => propertySignatures.map(({ name }) => String(name)))
  return [...new Set(names)].toSorted()
}

/** Paths that each alternative requires. Names in braces are taken from the key where the row lacks them. */
const requiredOf = ({ schema, sortKey }: Shape.RowShape, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const filled = new Set([...names, ...(sortKey?.names ?? [])])
  const [first = [], ...others] = membersOf(SchemaAST.toEncoded(schema.ast)).map((ast) => requiredIn(ast, ""))
  return first.filter((path) => !filled.has(path) && others.every((paths) => paths.includes(path))).toSorted()
}

const requiredIn = (ast: SchemaAST.AST, at: string): ReadonlyArray<string> => {
  if (SchemaAST.isArrays(ast)) return [...ast.elements, ...ast.rest].flatMap((inner) => requiredIn(inner, at))
  if (SchemaAST.isUnion(ast)) {
    const objects = ast.types.filter(SchemaAST.isObjects)
    return objects.length === 1 ? requiredIn(objects[0]!, at) : []
  }
  if (!SchemaAST.isObjects(ast)) return []
  return ast.propertySignatures.flatMap(({ name, type }) => {
    const path = `${at}${String(name)}`
    return [...(SchemaAST.isOptional(type) ? [] : [path]), ...requiredIn(type, `${path}.`)]
  })
}
