/**
 * A schema's JSON codec whose dates depend on nothing but their text, not on the process that reads it: wherever a link
 * of Effect's own from a text to a date stands in the schema, a strict one takes its place (`dateLinks.ts`).
 */
import { Schema, SchemaAST } from "effect"
import { memo } from "../memo.ts"
import { dateLinkFor } from "./dateLinks.ts"
import { mapAll, mapInner, withChanges } from "./mapAst.ts"

export const jsonCodec = <T>(schema: Schema.Decoder<T>): Schema.Codec<T, Schema.Json> =>
  Schema.make(strict(Schema.toCodecJson(schema).ast))

/** The same schema with strict dates; what has no dates inside stays the very same. */
const strict = memo((ast: SchemaAST.AST): SchemaAST.AST => {
  const encoding = ast.encoding === undefined ? undefined : (mapAll(ast.encoding, strictLink) as SchemaAST.Encoding)
  return withChanges(ast, mapInner(ast, strict), encoding)
})

const strictLink = (link: SchemaAST.Link): SchemaAST.Link => {
  const own = dateLinkFor(link.transformation)
  const to = strict(link.to)
  if (own !== undefined) return new SchemaAST.Link(checked(to, own.check), own.transformation)
  return to === link.to ? link : new SchemaAST.Link(to, link.transformation)
}

const checked = (ast: SchemaAST.AST, check: SchemaAST.Filter<string>): SchemaAST.AST =>
  Schema.make<Schema.Codec<string>>(ast).check(check).ast
