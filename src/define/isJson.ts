import { SchemaAST } from "effect"

/**
 * Tells whether values of this type are JSON as they stand, so that encoding them changes nothing. Give it the AST of a
 * JSON codec of a type: what still has an encoding there is not JSON (dates, big integers, classes, sets).
 */
export const isJson = (ast: SchemaAST.AST): boolean => {
  if (SchemaAST.isNumber(ast)) return true
  if (ast.encoding !== undefined) return SchemaAST.isUnknown(ast)
  if (SchemaAST.isArrays(ast)) return [...ast.elements, ...ast.rest].every(isJson)
  if (SchemaAST.isUnion(ast)) return ast.types.every(isJson)
  if (SchemaAST.isObjects(ast)) {
    return (
      ast.propertySignatures.every(({ type }) => isJson(type)) && ast.indexSignatures.every(({ type }) => isJson(type))
    )
  }
  return !SchemaAST.isSuspend(ast) && !SchemaAST.isBigInt(ast) && !SchemaAST.isSymbol(ast)
}
