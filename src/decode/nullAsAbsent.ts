/**
 * NULL in an attribute that may be absent and has no null: many clients write it for a value that is not there, so it
 * counts as absent. Where the schema takes null it stays, and where the attribute must be there it is refused.
 */
import { Option, Result, Schema, SchemaAST, SchemaGetter } from "effect"
import { memo } from "../memo.ts"
import { mapInner, withChanges } from "../define/mapAst.ts"

/** The same codec, for rows that hold a null: optional properties of structs, inside as outside, take it for absent. */
export const nullAsAbsent = <T>(codec: Schema.Codec<T, Schema.Json>): Schema.Codec<T, Schema.Json> =>
  Schema.make(lenient(codec.ast))

/** Only what reads the row itself: where a value is encoded, that is where its encoding ends. */
const lenient = memo((ast: SchemaAST.AST): SchemaAST.AST => {
  if (ast.encoding === undefined) return withChanges(ast, mapInner(ast, lenient, property), undefined)
  const last = ast.encoding.at(-1)!
  const to = lenient(last.to)
  if (to === last.to) return ast
  const encoding = [...ast.encoding.slice(0, -1), new SchemaAST.Link(to, last.transformation)]
  return withChanges(ast, undefined, encoding as unknown as SchemaAST.Encoding)
})

const property = (type: SchemaAST.AST): SchemaAST.AST => {
  const inner = lenient(type)
  if (!SchemaAST.isOptional(SchemaAST.toEncoded(type)) || takesNull(type, new Set())) return inner
  const absentIfNull = Schema.optionalKey(Schema.Unknown).pipe(
    Schema.decodeTo(Schema.make<Schema.Codec<unknown>>(inner), {
      decode: SchemaGetter.transformOptional(Option.filter((value) => value !== null)),
      encode: SchemaGetter.passthrough()
    })
  )
  return absentIfNull.ast
}

/** Tells whether a null is a value of its own here. JSON's null that stands for `undefined` is not. */
const takesNull = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST>): boolean => {
  if (SchemaAST.isUndefined(ast) || seen.has(ast)) return false
  seen.add(ast)
  if (ast.encoding !== undefined) return takesNull(ast.encoding.at(-1)!.to, seen)
  if (SchemaAST.isNull(ast) || SchemaAST.isUnknown(ast) || SchemaAST.isAny(ast)) return true
  if (SchemaAST.isUnion(ast)) return ast.types.some((type) => takesNull(type, seen))
  if (SchemaAST.isSuspend(ast)) return takesNull(ast.thunk(), seen)
  return (
    SchemaAST.isDeclaration(ast) &&
    Result.isSuccess(Schema.decodeUnknownResult(Schema.make<Schema.Codec<unknown>>(ast))(null))
  )
}
