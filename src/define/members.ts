/** The alternatives of a kind of rows whose fields are a union, and the field that tells them apart. */
import { SchemaAST } from "effect"

type Value = SchemaAST.LiteralValue

/** The field that every alternative has with values of its own. */
export interface Discriminator {
  readonly name: string
  /** Its values in each alternative, in their order. */
  readonly values: ReadonlyArray<ReadonlyArray<Value>>
}

/** The members of a union, those of unions inside it among them; of anything else itself. */
export const membersOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  SchemaAST.isUnion(ast) && ast.encoding === undefined ? ast.types.flatMap(membersOf) : [ast]

/** Finds the field that tells structs apart by its literals; `undefined` where none does. */
export const discriminatorOf = (structs: ReadonlyArray<SchemaAST.Objects>): Discriminator | undefined => {
  const [first, ...others] = structs
  if (first === undefined || others.length === 0) return undefined
  for (const { name } of first.propertySignatures) {
    const values = structs.map((struct) => literalsOf(struct.propertySignatures.find((other) => other.name === name)))
    const all = values.flat()
    if (values.every((own) => own.length > 0) && new Set(all).size === all.length) return { name: String(name), values }
  }
  return undefined
}

const literalsOf = (property: SchemaAST.PropertySignature | undefined): ReadonlyArray<Value> => {
  if (property === undefined || SchemaAST.isOptional(property.type)) return []
  const members = membersOf(property.type)
  const literals = members.flatMap((member) => (SchemaAST.isLiteral(member) ? [member.literal] : []))
  return literals.length === members.length ? literals : []
}

/** Values as a sentence has them: `"card" or "transfer"`. */
export const inWords = (values: ReadonlyArray<Value>): string =>
  values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join(" or ")
