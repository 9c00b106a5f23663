/** A definition as the page is told of it: kinds of rows with their fields, for forms, and mappings. Pure. */
import { SchemaAST } from "effect"
import * as Definition from "../define/Definition.ts"
import { jsonCodec } from "../define/jsonCodec.ts"
import * as Mapping from "../define/Mapping.ts"
import { membersOf } from "../define/members.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { indexBody } from "../sink/opensearch/indexBody.ts"
import type * as messages from "./messages.ts"

export interface About {
  readonly revision: number
  readonly file: string | undefined
  readonly aliasPrefix: string
  /** Lines that say what a save changed, and the reason why a later one can't be taken. */
  readonly changes?: ReadonlyArray<string>
  readonly problem?: string | undefined
}

export const definitionOf = (table: Table.Table, about: About): messages.Definition => ({
  _tag: "Definition",
  revision: about.revision,
  file: about.file ?? null,
  partitionKey: table.partitionKey,
  sortKey: table.sortKey ?? null,
  aggregates: table.aggregates.map((aggregate) => {
    const shape = Shape.of(aggregate)
    const alias = about.aliasPrefix + aggregate.name
    const { mappings } = indexBody(Definition.describe(aggregate), alias) as {
      readonly mappings: messages.Aggregate["mapping"]
    }
    return {
      name: aggregate.name,
      alias,
      key: typeof aggregate.key === "string" ? aggregate.key : aggregate.key.join(" | "),
      rows: shape.rows.map((row) => rowKindOf(shape, row)),
      mapping: mappings
    }
  }),
  changes: about.changes ?? [],
  problem: about.problem ?? null
})

const rowKindOf = (shape: Shape.Shape, row: Shape.RowShape): messages.RowKind => ({
  field: row.field,
  kind: row.kind,
  template: row.sortKey?.text ?? "",
  keyNames: [...new Set(Shape.templates(shape.partition, row).flatMap(({ names }) => names))],
  fields: fieldsOf(row)
})

/** The attributes of a kind of rows, those of each alternative of a union, in the order of their declaration. */
export const fieldsOf = (row: Shape.RowShape): ReadonlyArray<messages.Field> => {
  const structs = membersOf(jsonCodec(row.schema).ast).map(SchemaAST.toEncoded).filter(SchemaAST.isObjects)
  const mapped = Mapping.propertiesOf(row.schema)
  const fields = new Map<string, messages.Field>()
  for (const { propertySignatures } of structs) {
    for (const { name, type } of propertySignatures) {
      const own = String(name)
      const isEverywhere = structs.every((struct) => struct.propertySignatures.some((other) => other.name === name))
      const before = fields.get(own)
      const { choices, type: kind } = kindOf(type, mapped[own]?.["type"])
      fields.set(own, {
        name: own,
        type: before === undefined || before.type === kind ? kind : "json",
        isOptional: SchemaAST.isOptional(type) || !isEverywhere,
        choices: [...new Set([...(before?.choices ?? []), ...choices])]
      })
    }
  }
  return [...fields.values()]
}

const kindOf = (ast: SchemaAST.AST, mapped: unknown): Pick<messages.Field, "type" | "choices"> => {
  const members = membersOf(ast).filter((member) => !SchemaAST.isUndefined(member) && !SchemaAST.isNull(member))
  const literals = members.flatMap((member) => (SchemaAST.isLiteral(member) ? [member.literal] : []))
  const isEvery = (is: (member: SchemaAST.AST) => boolean) => members.length > 0 && members.every(is)
  if (literals.length === members.length && literals.every((literal) => typeof literal === "string")) {
    return { type: "text", choices: literals }
  }
  if (isEvery((member) => SchemaAST.isString(member) || SchemaAST.isTemplateLiteral(member))) {
    return { type: "text", choices: [] }
  }
  if (isEvery(SchemaAST.isNumber)) return { type: mapped === "long" ? "integer" : "number", choices: [] }
  return { type: isEvery(SchemaAST.isBoolean) ? "boolean" : "json", choices: [] }
}
