/** A schema's tree with other trees in it. What has nothing else inside stays the very same. */
import { SchemaAST } from "effect"

/** Gives a node the fields and the encoding that differ; without any, the very same node. */
export const withChanges = (
  ast: SchemaAST.AST,
  inner: object | undefined,
  encoding: SchemaAST.Encoding | undefined
): SchemaAST.AST =>
  inner === undefined && encoding === ast.encoding
    ? ast
    : // As Effect makes copies itself: a node has no state but its fields.
      Object.assign(Object.create(Object.getPrototypeOf(ast)), ast, inner, { encoding })

/**
 * The fields of a node that hold other nodes, with `f` of each of those, if any of them differs. `ofProperty` stands
 * for `f` where a struct's properties may be more than their types.
 */
export const mapInner = (
  ast: SchemaAST.AST,
  f: (ast: SchemaAST.AST) => SchemaAST.AST,
  ofProperty: (type: SchemaAST.AST) => SchemaAST.AST = f
): object | undefined => {
  if (SchemaAST.isSuspend(ast)) return { thunk: () => f(ast.thunk()) }
  if (SchemaAST.isDeclaration(ast)) return changed(ast, { typeParameters: mapAll(ast.typeParameters, f) })
  if (SchemaAST.isUnion(ast)) return changed(ast, { types: mapAll(ast.types, f) })
  if (SchemaAST.isArrays(ast)) return changed(ast, { elements: mapAll(ast.elements, f), rest: mapAll(ast.rest, f) })
  if (!SchemaAST.isObjects(ast)) return undefined
  return changed(ast, {
    propertySignatures: mapAll(ast.propertySignatures, (property) => {
      const type = ofProperty(property.type)
      return type === property.type ? property : new SchemaAST.PropertySignature(property.name, type)
    }),
    indexSignatures: mapAll(ast.indexSignatures, (signature) => {
      const [parameter, type] = [f(signature.parameter), f(signature.type)]
      const isSame = parameter === signature.parameter && type === signature.type
      return isSame ? signature : new SchemaAST.IndexSignature(parameter, type)
    })
  })
}

export const mapAll = <A>(items: ReadonlyArray<A>, f: (item: A) => A): ReadonlyArray<A> => {
  const mapped = items.map(f)
  return mapped.every((item, i) => item === items[i]) ? items : mapped
}

const changed = <A extends object>(before: A, fields: Partial<A>): Partial<A> | undefined =>
  Object.entries(fields).some(([name, value]) => before[name as keyof A] !== value) ? fields : undefined
