/**
 * What a definition means to an index, as plain data, and its hash. Two definitions with one hash write the same
 * documents; a generation's `_meta` keeps this description, so that a later definition can say what it would change.
 */
import { Schema, SchemaAST } from "effect"
import { createHash } from "node:crypto"
import type * as Aggregate from "./Aggregate.ts"
import * as Mapping from "./Mapping.ts"
import * as Shape from "./Shape.ts"

/** One kind of row: where its key stands, which attributes it reads, and which rows of that kind count. */
export interface RowDescription {
  readonly kind: string
  readonly sortKey: string
  readonly attributes: ReadonlyArray<string>
  readonly where: string
}

export interface Description {
  readonly key: string
  readonly rows: { readonly [field: string]: RowDescription }
  readonly properties: Mapping.Properties
  readonly settings: Mapping.Properties
  readonly revision: number
}

/** The mapping's properties of an aggregate's document, the sync state's flag included. */
export const properties = (aggregate: Aggregate.Any): Mapping.Properties => {
  const root = aggregate.root === undefined ? {} : Mapping.propertiesOf(aggregate.root.schema)
  const parts = Object.entries(aggregate.parts).map(([field, part]) => [field, partMapping(part)] as const)
  const derived = aggregate.derived.map(({ fields }) => Mapping.propertiesOf(Schema.Struct(fields)))
  const sync = { _sync: { dynamic: false, properties: { live: { type: "boolean" } } } }
  return Object.assign({}, root, Object.fromEntries(parts), ...derived, sync)
}

/** The index settings that an aggregate asks for, as OpenSearch names them. */
export const settings = (aggregate: Aggregate.Any): Mapping.Properties => {
  const { analysis, refreshInterval, replicas, shards } = aggregate.index
  return {
    index: {
      default_pipeline: "_none",
      ...(shards === undefined ? {} : { number_of_shards: shards }),
      ...(replicas === undefined ? {} : { number_of_replicas: replicas }),
      ...(refreshInterval === undefined ? {} : { refresh_interval: refreshInterval })
    },
    ...(analysis === undefined ? {} : { analysis })
  }
}

export const describe = (aggregate: Aggregate.Any): Description => {
  const shape = Shape.of(aggregate)
  return {
    key: typeof aggregate.key === "string" ? aggregate.key : aggregate.key.join(" | "),
    rows: Object.fromEntries(
      shape.rows.map((row) => [
        row.field,
        {
          kind: row.kind,
          sortKey: row.sortKey?.text ?? "",
          attributes: attributesOf(row.schema),
          where: row.where === undefined ? "" : JSON.stringify(Schema.toRepresentation(row.where))
        }
      ])
    ),
    properties: properties(aggregate),
    settings: settings(aggregate),
    revision: aggregate.revision
  }
}

/** The hash of a description: 16 hexadecimal digits of its SHA-256. */
export const hash = (description: Description): string =>
  createHash("sha256").update(canonical(description)).digest("hex").slice(0, 16)

/** JSON with sorted keys, so that the order in which fields are declared does not count. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`
}

const partMapping = (part: Aggregate.Any["parts"][string]): Mapping.FieldMapping => {
  const fields = Mapping.propertiesOf(part.schema)
  return part.kind === "many" ? { type: "nested", properties: fields } : { properties: fields }
}

const attributesOf = (schema: Schema.Constraint): ReadonlyArray<string> => {
  const encoded = SchemaAST.toEncoded(schema.ast)
  return SchemaAST.isObjects(encoded) ? encoded.propertySignatures.map(({ name }) => String(name)).toSorted() : []
}
