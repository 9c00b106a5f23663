/** A definition's model as the text of a module. */
import { groupBy } from "../groupBy.ts"
import { broken } from "./broken.ts"
import { codeOf, nameText, needsMapping } from "./fields.ts"
import type { AggregateModel, Kind, Model, Where } from "./Model.ts"

/** Prints the module. `heading` is its first comment. */
export const sourceOf = (model: Model, heading: ReadonlyArray<string>): string => {
  const body = model.aggregates.map(aggregateText).join("\n")
  const imports = ["Aggregate", ...(needsMapping(body) ? ["Mapping"] : []), "Table"]
  const { names, typeAttribute } = model
  const table = [
    `partitionKey: ${quoted(names.partitionKey)}`,
    ...(names.sortKey === undefined ? [] : [`sortKey: ${quoted(names.sortKey)}`]),
    ...(typeAttribute === undefined ? [] : [`typeAttribute: ${quoted(typeAttribute)}`]),
    `aggregates: [${model.aggregates.map(({ exported }) => exported).join(", ")}]`
  ]
  return [
    ...comment(heading, ""),
    ...(/\bSchema\./.test(body) ? ['import { Schema } from "effect"'] : []),
    `import { ${imports.join(", ")} } from "tablefold"`,
    "",
    body,
    `export const table = Table.make(${object(table, "")})`,
    ""
  ].join("\n")
}

const quoted = (text: string): string => JSON.stringify(text)

/** A comment ends no line and closes nothing, whatever data named it. */
const comment = (sentences: ReadonlyArray<string>, indent: string): ReadonlyArray<string> =>
  sentences.map((sentence) => `${indent}// ${sentence.replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ")}`)

const aggregateText = ({ exported, key, kinds, name, notes }: AggregateModel): string => {
  const root = kinds.find(({ kind }) => kind === "root")
  const parts = kinds.filter(({ kind }) => kind !== "root")
  const members = [
    `  key: ${typeof key === "string" ? quoted(key) : `[${key.map(quoted).join(", ")}]`}`,
    ...(root === undefined ? [] : [[...commentsOf(root, "  "), `  root: ${rowText(root, "  ")}`].join("\n")]),
    ...(parts.length === 0 ? [] : [`  ${partsText(parts, "  ")}`])
  ]
  return [
    ...comment(notes, ""),
    `export const ${exported} = Aggregate.make(${quoted(name)}, {`,
    members.join(",\n"),
    "})",
    `export type ${exported} = typeof ${exported}.Type`,
    ""
  ].join("\n")
}

const commentsOf = ({ fields, notes }: Kind, indent: string): ReadonlyArray<string> => {
  const noted = fields.flatMap(({ name, type: { note } }) => (note === undefined ? [] : [{ name, note }]))
  const byNote = groupBy(noted, ({ note }) => note)
  const sentences = [...byNote].map(([note, some]) => `${some.map(({ name }) => name).join(", ")}: ${note}.`)
  return comment([...notes, ...sentences], indent)
}

const partsText = (parts: ReadonlyArray<Kind>, indent: string): string => {
  const inner = `${indent}  `
  const lines = parts.map((part) =>
    [...commentsOf(part, inner), `${inner}${part.field}: ${rowText(part, inner)}`].join("\n")
  )
  return `parts: {\n${lines.join(",\n")}\n${indent}}`
}

const rowText = (kind: Kind, indent: string): string => {
  const { fields, template } = kind
  const args = [
    ...(template === undefined ? [] : [quoted(template)]),
    object(
      fields.map((field) => broken(codeOf(field), `${indent}  `)),
      indent
    ),
    ...optionsText(kind, indent)
  ]
  return `Aggregate.${kind.kind}(${args.join(", ")})`
}

const optionsText = ({ parts, type, where }: Kind, indent: string): ReadonlyArray<string> => {
  const inner = `${indent}  `
  const told = [
    ...(type === undefined ? [] : [`type: ${quoted(type)}`]),
    ...(where === undefined ? [] : [whereText(where)])
  ]
  if (parts.length === 0) return told.length === 0 ? [] : [`{ ${told.join(", ")} }`]
  const members = [...told, partsText(parts, inner)].map((member) => inner + member)
  return [`{\n${members.join(",\n")}\n${indent}}`]
}

const whereText = ({ attribute, pattern }: Where): string =>
  `where: Schema.Struct({ ${nameText(attribute)}: Schema.String.check(Schema.isPattern(${String(pattern)})) })`

const lineMax = 64

/** An object's members, on one line where they fit. */
const object = (members: ReadonlyArray<string>, indent: string): string => {
  if (members.length === 0) return "{}"
  const line = `{ ${members.join(", ")} }`
  if (line.length <= lineMax) return line
  return `{\n${members.map((member) => `${indent}  ${member}`).join(",\n")}\n${indent}}`
}
