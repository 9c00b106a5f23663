/**
 * A schema's JSON codec whose dates depend on nothing but their text, not on the process that reads it: wherever a link
 * of Effect's own from a text to a date stands in the schema, a strict one takes its place (`dateLinks.ts`).
 */
import { Schema, SchemaAST } from "effect"
import { memo } from "../define/memo.ts"
import { dateLinkFor } from "./dateLinks.ts"

export const jsonCodec = <T>(schema: Schema.Decoder<T>): Schema.Codec<T, Schema.Json> =>
  Schema.make(strict(Schema.toCodecJson(schema).ast))

/** The same schema with strict dates; what has no dates inside stays the very same. */
const strict = memo((ast: SchemaAST.AST): SchemaAST.AST => {
  const encoding = ast.encoding === undefined ? undefined : (map(ast.encoding, strictLink) as SchemaAST.Encoding)
  const inner = within(ast)
  if (inner === undefined && encoding === ast.encoding) return ast
  // As Effect makes copies itself: a node has no state but its fields.
  return Object.assign(Object.create(Object.getPrototypeOf(ast)), ast, inner, { encoding })
})

/** The fields of a node that hold other nodes, if any of them differs. */
const within = (ast: SchemaAST.AST): object | undefined => {
  if (SchemaAST.isSuspend(ast)) return { thunk: () => strict(ast.thunk()) }
  if (SchemaAST.isDeclaration(ast)) return changed(ast, { typeParameters: map(ast.typeParameters, strict) })
  if (SchemaAST.isUnion(ast)) return changed(ast, { types: map(ast.types, strict) })
  if (SchemaAST.isArrays(ast)) {
    return changed(ast, { elements: map(ast.elements, strict), rest: map(ast.rest, strict) })
  }
  if (!SchemaAST.isObjects(ast)) return undefined
  return changed(ast, {
    propertySignatures: map(ast.propertySignatures, strictProperty),
    indexSignatures: map(ast.indexSignatures, strictIndex)
  })
}

const strictProperty = (property: SchemaAST.PropertySignature): SchemaAST.PropertySignature => {
  const type = strict(property.type)
  return type === property.type ? property : new SchemaAST.PropertySignature(property.name, type)
}

const strictIndex = (signature: SchemaAST.IndexSignature): SchemaAST.IndexSignature => {
  const [parameter, type] = [strict(signature.parameter), strict(signature.type)]
  return parameter === signature.parameter && type === signature.type
    ? signature
    : new SchemaAST.IndexSignature(parameter, type)
}

const strictLink = (link: SchemaAST.Link): SchemaAST.Link => {
  const own = dateLinkFor(link.transformation)
  const to = strict(link.to)
  if (own !== undefined) return new SchemaAST.Link(checked(to, own.check), own.transformation)
  return to === link.to ? link : new SchemaAST.Link(to, link.transformation)
}

const checked = (ast: SchemaAST.AST, check: SchemaAST.Filter<string>): SchemaAST.AST =>
  Schema.make<Schema.Codec<string>>(ast).check(check).ast

const map = <A>(items: ReadonlyArray<A>, f: (item: A) => A): ReadonlyArray<A> => {
  const mapped = items.map(f)
  return mapped.every((item, i) => item === items[i]) ? items : mapped
}

const changed = <A extends object>(before: A, fields: Partial<A>): Partial<A> | undefined =>
  Object.entries(fields).some(([name, value]) => before[name as keyof A] !== value) ? fields : undefined
