/**
 * A second copy of Effect among a definition's schemas. Effect tells kinds of schemas by their classes, and each copy
 * has its own: schemas of another one look right, and rows are read wrongly by them, without an error.
 */
import { Schema, SchemaAST } from "effect"

/** Names both copies in one sentence, by version and place; `undefined` where all schemas are of our own Effect. */
export const otherCopy = (schemas: ReadonlyArray<Schema.Constraint>): string | undefined => {
  const other = findOther(schemas.map(({ ast }) => ast))
  if (other === undefined) return undefined
  return (
    `effect is there twice: tablefold uses ${copyOf(Schema.String.ast)}, but the definition's schemas come from ` +
    `${copyOf(other)}; keep one (npm ls effect says who asks for which), and use the project's own command ` +
    "(npx tablefold)"
  )
}

/** The base of all our Effect's kinds of nodes; they have it in common with those of no other copy. */
const base: object = Object.getPrototypeOf(SchemaAST.String.prototype)

const findOther = (roots: ReadonlyArray<SchemaAST.AST>): SchemaAST.AST | undefined => {
  const seen = new Set(roots)
  for (const node of seen) {
    if (!Object.prototype.isPrototypeOf.call(base, node)) return node
    for (const inner of innerOf(node)) seen.add(inner)
  }
  return undefined
}

/** The nodes inside a node, but for those that are computed when they are first needed. */
const innerOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const encoded = ast.encoding?.map(({ to }) => to) ?? []
  if (SchemaAST.isDeclaration(ast)) return [...encoded, ...ast.typeParameters]
  if (SchemaAST.isUnion(ast)) return [...encoded, ...ast.types]
  if (SchemaAST.isArrays(ast)) return [...encoded, ...ast.elements, ...ast.rest]
  if (!SchemaAST.isObjects(ast)) return encoded
  return [...encoded, ...ast.propertySignatures.map(({ type }) => type), ...ast.indexSignatures.map(({ type }) => type)]
}

/** The version and the folder of a node's copy, `4.1.0 in /shop/node_modules/effect`; of a bundled one, its file. */
const copyOf = (ast: SchemaAST.AST): string => {
  const file = fileOf(ast)
  try {
    const require = process.getBuiltinModule("node:module").createRequire(file)
    const manifest = require.resolve("effect/package.json")
    const folder = manifest.slice(0, -"/package.json".length)
    if (file.startsWith(folder)) return `${(require(manifest) as Manifest).version} in ${folder}`
  } catch {
    // It lies in no package.
  }
  return `the copy in ${file}`
}

interface Manifest {
  readonly version: string
}

/** The file that a node's class stands in: its `toString` reads a field, and who reads it is on the stack. */
const fileOf = (ast: SchemaAST.AST): string => {
  const reader = {
    get _tag() {
      return new Error("who reads this").stack
    }
  }
  const frame = /\n[^\n]*\n[^\n]*\((.+):\d+:\d+\)/.exec(ast.toString.call(reader))?.[1] ?? "a file that is not known"
  return frame.startsWith("file:") ? process.getBuiltinModule("node:url").fileURLToPath(frame) : frame
}
