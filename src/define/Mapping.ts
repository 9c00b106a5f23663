/**
 * The form that a field takes in the index: derived from its schema, or as an annotation says.
 *
 * Strings become `keyword`, numbers `double`, integers `long`; what has no one type (free maps, any JSON, mixed unions)
 * is stored and not indexed. `dynamic: false` keeps undeclared data out of the index.
 */
import { Schema, SchemaAST } from "effect"
import { discriminatorOf, inWords, membersOf } from "./members.ts"

/** A field's mapping as OpenSearch takes it. */
export interface FieldMapping {
  readonly [parameter: string]: unknown
}

export interface Properties {
  readonly [field: string]: FieldMapping
}

const annotation = "tablefold/mapping"

declare module "effect/Schema" {
  namespace Annotations {
    interface Annotations {
      readonly "tablefold/mapping"?: FieldMapping | undefined
    }
  }
}

/** Gives a field this mapping, word for word: `Schema.String.annotate(Mapping.field({ type: "ip" }))`. */
export const field = (mapping: FieldMapping): { readonly "tablefold/mapping": FieldMapping } => ({
  [annotation]: mapping
})

/** Words: full text only, without the exact value. */
export const text = field({ type: "text" })

/**
 * The exact value only, as strings are by default. A value longer than 8191 characters is stored but not indexed: 8191
 * × 4 bytes stay under Lucene's limit of 32,766 bytes a term, above which OpenSearch refuses the whole document.
 */
export const keyword = field({ type: "keyword", ignore_above: 8191 })

/** The exact value, and full text under the field's name with `.text` after it. */
export const searchable = field({ ...keyword[annotation], fields: { text: { type: "text" } } })

/** A 64-bit integer. */
export const long = field({ type: "long" })

/** A date; without a format, ISO 8601 (also year or year-month alone) or epoch *milliseconds*. */
export const date = (format?: string) => field(format === undefined ? { type: "date" } : { type: "date", format })

/** Kept in the document, in no index structure; any JSON is taken. */
export const stored = field({ type: "object", enabled: false })

/** Names that OpenSearch keeps for itself: a document that has one at its top is refused. */
export const metadataNames: ReadonlySet<string> = new Set(
  (
    "_id _index _source _routing _type _version _seq_no _primary_term _field_names _ignored _nested_path _doc_count " +
    "_size _ttl _timestamp _parent _uid _all _feature _tier"
  ).split(" ")
)

/** Says in a sentence what is wrong with a field's name; `undefined` when nothing is. */
export const nameProblem = (name: string, atTop: boolean): string | undefined => {
  if (name.trim() === "") return `field "${name}" has a blank name`
  if (/^\.|\.$|\.\./.test(name)) return `field "${name}" has a leading, trailing or doubled dot in its name`
  if (atTop && metadataNames.has(name.split(".")[0]!)) return `field "${name}" is a metadata field of OpenSearch`
  return undefined
}

/** The mapping of one field from its schema's type (what the document holds, not what the row holds). */
export const ofSchema = (schema: Schema.Constraint): FieldMapping => ofAst(SchemaAST.toType(schema.ast))

/** The mappings of the fields of a struct, a class, or a union of these. */
export const propertiesOf = (schema: Schema.Constraint): Properties =>
  ofFields((structsOf(schema) ?? []).flatMap(({ propertySignatures }) => propertySignatures))

/** The fields of a struct, a class, or a union of these, by name. */
export const fieldsOf = (schema: Schema.Constraint): ReadonlyArray<string> => [
  ...new Set((structsOf(schema) ?? []).flatMap(namesOf))
]

/** The fields of every struct or class inside the fields of a schema. */
export const fieldsWithin = (schema: Schema.Constraint): ReadonlyArray<ReadonlyArray<string>> => {
  const found = new Map<SchemaAST.AST, ReadonlyArray<string>>()
  const visit = (ast: SchemaAST.AST): void => {
    if (found.has(ast)) return
    const objects = objectsOf(ast)
    found.set(ast, objects === undefined ? [] : namesOf(objects))
    if (objects !== undefined) for (const { type } of objects.propertySignatures) visit(type)
    if (SchemaAST.isArrays(ast)) for (const type of [...ast.elements, ...ast.rest]) visit(type)
    if (SchemaAST.isUnion(ast)) ast.types.forEach(visit)
    if (SchemaAST.isSuspend(ast)) visit(ast.thunk())
  }
  for (const { propertySignatures } of structsOf(schema) ?? []) for (const { type } of propertySignatures) visit(type)
  return [...found.values()].filter((fields) => fields.length > 0)
}

/** Tells whether the schema is a struct, a class, or a union of these, whose fields are known by name. */
export const isStruct = (schema: Schema.Constraint): boolean => structsOf(schema) !== undefined

/** Two alternatives of a union that map a field of one name differently. */
export interface Conflict {
  readonly field: string
  /** Each alternative, in words, with its mapping. */
  readonly sides: readonly [readonly [which: string, FieldMapping], readonly [which: string, FieldMapping]]
}

/** The fields that alternatives of a union map differently, each once. */
export const conflictsOf = (schema: Schema.Constraint): ReadonlyArray<Conflict> => {
  const structs = structsOf(schema) ?? []
  const discriminator = discriminatorOf(structs)
  const first = new Map<string, readonly [which: string, FieldMapping]>()
  const found = new Map<string, Conflict>()
  for (const [i, struct] of structs.entries()) {
    const values = discriminator?.values[i]
    const which =
      values === undefined ? `in alternative ${i + 1}` : `where ${discriminator!.name} is ${inWords(values)}`
    for (const { name, type } of struct.propertySignatures) {
      const field = String(name)
      const [known, side] = [first.get(field), [which, ofAst(type)] as const]
      if (known === undefined) first.set(field, side)
      else if (JSON.stringify(known[1]) !== JSON.stringify(side[1]) && !found.has(field))
        found.set(field, { field, sides: [known, side] })
    }
  }
  return [...found.values()]
}

/** A schema's alternatives, where all of them are structs or classes. */
const structsOf = (schema: Schema.Constraint): ReadonlyArray<SchemaAST.Objects> | undefined => {
  const structs = membersOf(SchemaAST.toType(schema.ast)).map(objectsOf)
  return structs.every((struct) => struct !== undefined) ? structs : undefined
}

const namesOf = (struct: SchemaAST.Objects): ReadonlyArray<string> =>
  struct.propertySignatures.map(({ name }) => String(name))

const string: FieldMapping = keyword[annotation]

const objectsOf = (ast: SchemaAST.AST): SchemaAST.Objects | undefined => {
  if (SchemaAST.isObjects(ast)) return ast.indexSignatures.length === 0 ? ast : undefined
  if (!SchemaAST.isDeclaration(ast)) return undefined
  const inner = Schema.toCodecJson(Schema.make(ast)).ast.encoding?.at(-1)?.to
  return inner === undefined ? undefined : objectsOf(inner)
}

const ofFields = (fields: ReadonlyArray<SchemaAST.PropertySignature>): Properties => {
  const properties: { [field: string]: FieldMapping } = {}
  for (const { name, type } of fields) nest(properties, String(name).split("."), ofAst(type))
  return properties
}

/** Puts a mapping in its place among others, by the names of the objects around it. */
export const nest = (
  into: { [field: string]: FieldMapping },
  path: ReadonlyArray<string>,
  mapping: FieldMapping
): void => {
  const [head, ...rest] = path
  if (head === undefined) return
  if (rest.length === 0) into[head] = mapping
  else {
    const properties = { ...(into[head]?.["properties"] as Properties | undefined) }
    nest(properties, rest, mapping)
    into[head] = { properties }
  }
}

const ofAst = (ast: SchemaAST.AST): FieldMapping => {
  const own = annotated(ast)
  if (own !== undefined) return own
  if (SchemaAST.isString(ast) || SchemaAST.isTemplateLiteral(ast)) return string
  if (SchemaAST.isBoolean(ast)) return { type: "boolean" }
  if (SchemaAST.isNumber(ast)) return isInteger(ast) ? { type: "long" } : { type: "double" }
  if (SchemaAST.isBigInt(ast)) return { type: "long", ignore_malformed: true }
  if (SchemaAST.isLiteral(ast)) return ofValue(ast.literal)
  if (SchemaAST.isEnum(ast)) return same(ast.enums.map(([, value]) => ofValue(value)))
  if (SchemaAST.isUnion(ast)) return same(ast.types.filter(isPresent).map(ofAst))
  if (SchemaAST.isArrays(ast)) return same([...ast.elements, ...ast.rest].map(ofAst))
  if (SchemaAST.isObjects(ast)) return ofObjectValue(ast)
  if (SchemaAST.isDeclaration(ast)) return ofDeclaration(ast)
  return stored[annotation]
}

const ofObjectValue = (ast: SchemaAST.Objects): FieldMapping =>
  ast.indexSignatures.length > 0 || ast.propertySignatures.length === 0
    ? stored[annotation]
    : { properties: ofFields(ast.propertySignatures) }

const ofDeclaration = (ast: SchemaAST.Declaration): FieldMapping => {
  const known = declared[representationOf(ast.annotations)]
  if (known !== undefined) return known
  const inner = Schema.toCodecJson(Schema.make(ast)).ast.encoding?.at(-1)?.to
  if (inner === undefined) return stored[annotation]
  return SchemaAST.isString(inner) ? string : ofAst(SchemaAST.toType(inner))
}

const declared: { readonly [id: string]: FieldMapping } = {
  "effect/schema/Date": { type: "date" },
  "effect/schema/DateTimeUtc": { type: "date" },
  "effect/schema/BigDecimal": { type: "double" },
  "effect/schema/Uint8Array": { type: "binary" }
}

/** The id by which Effect knows a declared type or a check, such as `effect/schema/BigDecimal`. */
export const representationOf = (annotations: Schema.Annotations.Annotations | undefined): string =>
  (annotations?.["representation"] as { readonly id?: string } | undefined)?.id ?? ""

const annotated = (ast: SchemaAST.AST): FieldMapping | undefined => {
  const places = [ast, ...(ast.checks ?? [])].toReversed()
  return places.map((place) => place.annotations?.[annotation] as FieldMapping | undefined).find((own) => own)
}

const ofValue = (value: unknown): FieldMapping =>
  typeof value === "string"
    ? keyword[annotation]
    : typeof value === "boolean"
      ? { type: "boolean" }
      : Number.isInteger(value)
        ? { type: "long" }
        : { type: "double" }

/** Tells whether a member of a union stands for a value that is there. */
export const isPresent = (ast: SchemaAST.AST): boolean => !SchemaAST.isNull(ast) && !SchemaAST.isUndefined(ast)

const same = (mappings: ReadonlyArray<FieldMapping>): FieldMapping => {
  const [first, ...others] = mappings
  const text = JSON.stringify(first)
  return first !== undefined && others.every((mapping) => JSON.stringify(mapping) === text) ? first : stored[annotation]
}

const integers = new Set(["effect/schema/isInt", "effect/schema/isInt32", "effect/schema/isUint32"])

const isInteger = (ast: SchemaAST.Number): boolean =>
  ast.checks?.some((check) => integers.has(representationOf(check.annotations))) ?? false
