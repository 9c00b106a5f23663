/**
 * The form that a field takes in the index: derived from its schema, or as an annotation says.
 *
 * Strings become `keyword`, numbers `double`, integers `long`, and a union of one type that type. What has no one type
 * (free maps, mixed unions) needs an annotation; `Schema.Json` alone is stored and not indexed without one.
 * `dynamic: false` keeps undeclared data out of the index.
 */
import { Schema, SchemaAST } from "effect"
import {
  annotation,
  completion,
  date,
  field,
  type FieldMapping,
  flatObject,
  geoPoint,
  ip,
  keyword,
  long,
  type Properties,
  range,
  searchable,
  stored,
  text
} from "./annotations.ts"
import { discriminatorOf, inWords, membersOf } from "./members.ts"

export { completion, date, field, flatObject, geoPoint, ip, keyword, long, range, searchable, stored, text }
export type { FieldMapping, Properties }

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
export const ofSchema = (schema: Schema.Constraint): FieldMapping => ofAst(SchemaAST.toType(schema.ast), () => {})

/** The mappings of the fields of a struct, a class, or a union of these. */
export const propertiesOf = (schema: Schema.Constraint): Properties =>
  ofProperties(
    (structsOf(schema) ?? []).flatMap(({ propertySignatures }) => propertySignatures),
    () => {}
  )

/** The fields of these that have no one type, nor an annotation, by path; with what they are instead. */
export const untyped = (schema: Schema.Constraint): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const { propertySignatures } of structsOf(schema) ?? []) {
    ofProperties(propertySignatures, (what, path) => {
      if (!found.has(path)) found.set(path, what)
    })
  }
  return found
}

/** Takes what a field without one type is instead, and the path to it from the field that was asked for. */
type Tell = (what: string, path: string) => void

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
      const [known, side] = [first.get(field), [which, ofAst(type, () => {})] as const]
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

const objectsOf = (ast: SchemaAST.AST): SchemaAST.Objects | undefined => {
  if (SchemaAST.isObjects(ast)) return ast.indexSignatures.length === 0 ? ast : undefined
  if (!SchemaAST.isDeclaration(ast)) return undefined
  const inner = Schema.toCodecJson(Schema.make(ast)).ast.encoding?.at(-1)?.to
  return inner === undefined ? undefined : objectsOf(inner)
}

/** Several fields of one name, as members of a union have them, are taken together. */
const ofProperties = (signatures: ReadonlyArray<SchemaAST.PropertySignature>, tell: Tell): Properties => {
  const properties: { [field: string]: FieldMapping } = {}
  for (const [name, same] of Map.groupBy(signatures, ({ name }) => String(name))) {
    const types = same.map(({ type }) => type)
    const tellWithin: Tell = (what, path) => tell(what, path === "" ? name : `${name}.${path}`)
    nest(properties, name.split("."), ofMembers(types, "a value of several types", tellWithin))
  }
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

const ofAst = (ast: SchemaAST.AST, tell: Tell): FieldMapping => {
  const own = annotated(ast)
  if (own !== undefined) return own
  if (SchemaAST.isString(ast) || SchemaAST.isTemplateLiteral(ast)) return keyword[annotation]
  if (SchemaAST.isBoolean(ast)) return { type: "boolean" }
  if (SchemaAST.isNumber(ast)) return isInteger(ast) ? { type: "long" } : { type: "double" }
  if (SchemaAST.isBigInt(ast)) return { type: "long", ignore_malformed: true }
  if (SchemaAST.isLiteral(ast)) return ofValue(ast.literal)
  if (SchemaAST.isEnum(ast))
    return ofMembers(
      ast.enums.map(([, value]) => new SchemaAST.Literal(value)),
      "",
      tell
    )
  if (SchemaAST.isUnion(ast)) return ofMembers([ast], "a value of several types", tell)
  if (SchemaAST.isArrays(ast)) return ofMembers([...ast.elements, ...ast.rest], "a list of several types", tell)
  if (SchemaAST.isObjects(ast)) return ofObjects(ast, tell)
  if (SchemaAST.isDeclaration(ast)) return ofDeclaration(ast, tell)
  return untold(SchemaAST.isSuspend(ast) ? "a type that holds itself" : "a value of any type", tell)
}

const untold = (what: string, tell: Tell): FieldMapping => {
  tell(what, "")
  return stored[annotation]
}

const ofObjects = (ast: SchemaAST.Objects, tell: Tell): FieldMapping => {
  if (ast.indexSignatures.length > 0) return untold("a free map", tell)
  if (ast.propertySignatures.length === 0) return untold("an object without fields", tell)
  return { properties: ofProperties(ast.propertySignatures, tell) }
}

/** The one mapping of all these types; `what` says what they are where they have none. */
const ofMembers = (types: ReadonlyArray<SchemaAST.AST>, what: string, tell: Tell): FieldMapping => {
  const members = types.flatMap(presentIn)
  const objects = members.flatMap((ast) => (annotated(ast) === undefined ? (objectsOf(ast) ?? []) : []))
  if (objects.length > 1 && objects.length === members.length) {
    return {
      properties: ofProperties(
        objects.flatMap(({ propertySignatures }) => propertySignatures),
        tell
      )
    }
  }
  const mappings = members.map((ast) => ofAst(ast, tell))
  const [first, ...others] = new Set(mappings.map((mapping) => JSON.stringify(mapping)))
  if (first !== undefined && others.length === 0) return mappings[0]!
  if (mappings.length === 0 || !mappings.every(isNumeric)) return untold(what, tell)
  const isDouble = members.some((ast, i) => mappings[i]!["type"] === "double" && !SchemaAST.isNumber(ast))
  return { ...Object.assign({}, ...mappings), type: isDouble ? "double" : "long" }
}

/** The types of a union that stand for a value that is there, those of unions inside it too. */
const presentIn = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  SchemaAST.isUnion(ast) && annotated(ast) === undefined ? ast.types.filter(isPresent).flatMap(presentIn) : [ast]

/** An integer beside numbers says that they are integers too: read from texts, as a rule. */
const isNumeric = ({ type }: FieldMapping): boolean => type === "long" || type === "double"

const ofDeclaration = (ast: SchemaAST.Declaration, tell: Tell): FieldMapping => {
  const known = declared[representationOf(ast.annotations)]
  if (known !== undefined) return known
  const inner = Schema.toCodecJson(Schema.make(ast)).ast.encoding?.at(-1)?.to
  if (inner === undefined) return untold("a value of any type", tell)
  return SchemaAST.isString(inner) ? keyword[annotation] : ofAst(SchemaAST.toType(inner), tell)
}

const declared: { readonly [id: string]: FieldMapping } = {
  "effect/schema/Date": { type: "date" },
  "effect/schema/DateTimeUtc": { type: "date" },
  "effect/schema/BigDecimal": { type: "double" },
  "effect/schema/Uint8Array": { type: "binary" },
  "effect/schema/Json": stored[annotation],
  "effect/schema/MutableJson": stored[annotation]
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

const integers = new Set(["effect/schema/isInt", "effect/schema/isInt32", "effect/schema/isUint32"])

const isInteger = (ast: SchemaAST.Number): boolean =>
  ast.checks?.some((check) => integers.has(representationOf(check.annotations))) ?? false
