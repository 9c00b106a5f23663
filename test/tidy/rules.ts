/** The rules of the layout, each a function from files to sentences about what breaks it. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { parseSync } from "rolldown/utils"

export interface File {
  /** From the repository's root: `src/fold/Patch.ts`. */
  readonly path: string
  readonly text: string
}

export type Rule = (files: ReadonlyArray<File>) => ReadonlyArray<string>

const root = join(import.meta.dirname, "../..")

export const read = (folder: string): ReadonlyArray<File> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes("node_modules"))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), "utf8") }))

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

const walk = (value: unknown, visit: (node: Node) => void): void => {
  if (Array.isArray(value)) return value.forEach((inner) => walk(inner, visit))
  if (!isNode(value)) return
  visit(value)
  for (const inner of Object.values(value)) if (typeof inner === "object") walk(inner, visit)
}

const parsed = new Map<File, unknown>()
const nodes = (file: File, visit: (node: Node) => void): void => {
  if (!parsed.has(file)) parsed.set(file, parseSync(file.path, file.text).program)
  walk(parsed.get(file), visit)
}

const lineAt = ({ text }: File, offset: number): number => text.slice(0, offset).split("\n").length
const each =
  (rule: (file: File) => ReadonlyArray<string>): Rule =>
  (files) =>
    files.flatMap(rule)

interface Import {
  readonly from: string
  readonly isType: boolean
}

/** What a file imports: packages by name, files by their path from the root. */
const importsOf = (file: File): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  nodes(file, ({ exportKind, importKind, source, type }) => {
    if (!/^Import(Declaration|Expression)$|^Export(Named|All)Declaration$/.test(type) || !isNode(source)) return
    if (typeof source["value"] !== "string") return
    const from = source["value"]
    found.push({
      from: from.startsWith(".") ? join(dirname(file.path), from) : from,
      isType: importKind === "type" || exportKind === "type"
    })
  })
  return found
}

/** What each place may import; files at the root of `src` are places of their own. */
const core = ["define", "decode", "fold"]
const pipeline = [...core, "metrics", "sink", "source", "privateFile.ts", "setting.ts", "pipeline"]
const mayImport: { readonly [place: string]: ReadonlyArray<string> } = {
  define: ["define"],
  decode: ["define", "decode"],
  fold: core,
  metrics: ["metrics", "setting.ts"],
  sink: [...core, "metrics", "sink", "privateFile.ts", "setting.ts"],
  source: ["source", "privateFile.ts"],
  pipeline,
  init: [...core, "init"],
  maintain: [...pipeline, "maintain"],
  generation: [...pipeline, "maintain", "generation"],
  lambda: [...pipeline, "maintain", "generation", "lambda"],
  deploy: ["define", "deploy"],
  cdk: ["define", "deploy", "cdk"],
  cli: [...pipeline, "maintain", "generation", "init", "deploy", "console", "dev", "cli"],
  dev: [...pipeline, "maintain", "generation", "console", "local", "testing", "cli", "dev"],
  console: [...pipeline, "maintain", "generation", "console"],
  local: ["local"],
  testing: [...pipeline, "maintain", "testing"],
  "index.ts": [...pipeline, "maintain"]
}

const placeOf = (path: string): string => path.split("/")[1] ?? ""

/** The browser's side of the console, and what it may have from others: files that compute and need nothing. */
const isPage = (path: string): boolean => path.startsWith("src/console/page/")
const pageMayImport = ["src/printable.ts", "src/decode/codePoints.ts", "src/define/Key.ts"]

/** Files that serve all places. */
const anywhere = [
  "Arn.ts",
  "Budget.ts",
  "Changed.ts",
  "IsoTime.ts",
  "KeyNames.ts",
  "Version.ts",
  "cut.ts",
  "drained.ts",
  "fileText.ts",
  "groupBy.ts",
  "memo.ts",
  "printable.ts",
  "s3.ts"
]

/** The page takes types of the server, and little else; the server takes nothing of the page. */
const acrossPage = (file: File, { from, isType }: Import): boolean => {
  if (isPage(from) === isPage(file.path)) return true
  const isMessage = isType && /^src\/console\/\w+\.ts$/.test(from)
  return isPage(file.path) && (isMessage || pageMayImport.includes(from))
}

export const directions: Rule = each((file) => {
  const own = mayImport[placeOf(file.path)]
  const allowed = own === undefined || isPage(file.path) ? undefined : [...own, ...anywhere]
  return importsOf(file).flatMap((one) => {
    const { from, isType } = one
    if (!from.startsWith("src/")) return []
    if (!acrossPage(file, one)) return [`${file.path} imports ${from}`]
    if (allowed === undefined || allowed.includes(placeOf(from))) return []
    const isChange = from === "src/source/Change.ts" && isType && [...core, "init"].includes(placeOf(file.path))
    return isChange ? [] : [`${file.path} imports ${from}`]
  })
})

/** No file imports, by whatever way, one that imports it, types included. */
export const circles: Rule = (files) => {
  const imports = new Map(files.map((file) => [file.path, importsOf(file).map(({ from }) => from)]))
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (imports.get(from) ?? []).some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, to, seen)
    })
  return files.flatMap(({ path }) => (reaches(path, path) ? [`${path} imports itself in a circle`] : []))
}

const dataModules = new Set(
  (
    "Array BigDecimal Cause Combiner Data DateTime Equal Function Option Order Pipeable Predicate Record Reducer Result " +
    "Schema SchemaAST SchemaGetter SchemaIssue SchemaTransformation String Struct Tuple"
  ).split(" ")
)

const isPure = (path: string): boolean =>
  path.startsWith("src/console/page/model/") ||
  [...core, "init", "deploy"].includes(placeOf(path)) ||
  /^src\/sink\/(step|Attempt|opensearch\/(bulk|answer))\.ts$/.test(path)

/** Pure files know of Effect what is data, and of Node what computes. */
export const purity: Rule = each((file) => {
  if (!isPure(file.path)) return []
  const found: Array<string> = []
  nodes(file, ({ source, specifiers, type }) => {
    if (type !== "ImportDeclaration" || !isNode(source)) return
    const from = String(source["value"])
    if (from.startsWith(".") || from === "node:crypto" || from.startsWith("effect/schema/")) return
    const names = (specifiers as ReadonlyArray<Node>).map(({ imported }) => (imported as Node | undefined)?.["name"])
    for (const name of from === "effect" ? names : [from]) {
      if (from !== "effect" || !dataModules.has(String(name))) found.push(`${file.path} imports ${String(name)}`)
    }
  })
  return found
})

const isFunction = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/

export const functionLength: Rule = each((file) => {
  const found: Array<string> = []
  nodes(file, ({ end, start, type }) => {
    const length = lineAt(file, end) - lineAt(file, start) + 1
    if (isFunction.test(type) && length > 70) found.push(`${file.path}:${lineAt(file, start)} has ${length} lines`)
  })
  return found
})

export const fileLength: Rule = each(({ path, text }) => {
  const length = text.trimEnd().split("\n").length
  return length > 300 ? [`${path} has ${length} lines`] : []
})

export const lineLength: Rule = each(({ path, text }) =>
  text.split("\n").flatMap((line, i) => (line.length > 120 ? [`${path}:${i + 1} has ${line.length} characters`] : []))
)

/** What Node 22 lacks, on which the library, the handler and the command run; the demonstration has its own Node. */
const missingOnNode22 = /^(Promise\.try|RegExp\.escape|Error\.isError|Math\.f16round|Iterator\.concat)$/

export const node22: Rule = each((file) => {
  if (!/^src\/(?!example\/)/.test(file.path)) return []
  const found: Array<string> = []
  nodes(file, (node) => {
    const text = file.text.slice(node.start, node.end)
    if (node.type !== "MemberExpression" || !missingOnNode22.test(text)) return
    found.push(`${file.path}:${lineAt(file, node.start)} uses ${text}, which Node 22 lacks`)
  })
  return found
})

/** The programs, and what starts servers for tests, meet the world; all else asks Effect for it. */
const mayMeetTheWorld =
  /^src\/(lambda|cli|dev|example|console\/page\/(state|views))\/|^test\/(servers|example|dev|cdk|cli|console|whole|package|bench|damage|measure)\/|^test\/simulate\/main\.ts$|^test\/tidy\.test\.ts$/

const banned = /^(Date\.now|Math\.random|process\.env|performance\.now|setTimeout|setInterval|new Date\(\))$/

export const theWorld: Rule = each((file) => {
  if (mayMeetTheWorld.test(file.path)) return []
  const found: Array<string> = []
  const look = (node: Node, text: string) => {
    if (banned.test(text)) found.push(`${file.path}:${lineAt(file, node.start)} uses ${text}`)
  }
  nodes(file, (node) => {
    const text = file.text.slice(node.start, node.end)
    if (node.type === "MemberExpression" || node.type === "NewExpression") look(node, text)
    if (node.type === "CallExpression") look(node, text.slice(0, text.indexOf("(")))
  })
  return found
})

const prints = /^(console|Console)\.\w+$|^process\.std(out|err)\.(write|end)$/

/** What is shown comes from data and must be escaped, which one file does for all commands. */
export const printing: Rule = each((file) => {
  if (!file.path.startsWith("src/cli/") || file.path === "src/cli/terminal.ts") return []
  const found: Array<string> = []
  nodes(file, (node) => {
    const text = file.text.slice(node.start, node.end)
    const isPrinting =
      node.type === "MemberExpression" ? prints.test(text) : node.type === "ImportSpecifier" && text === "Console"
    if (isPrinting) found.push(`${file.path}:${lineAt(file, node.start)} uses ${text}`)
  })
  return found
})

const isEntry =
  /^src\/(index|testing\/(index|SinkSuite)|(lambda|cdk|metrics)\/index|cli\/(tablefold|rolldown\.config)|sink\/opensearch\/index)\.ts$|^src\/console\/(bundlePage\.ts|page\/main\.tsx)$|^src\/example\//

export const orphans: Rule = (files) => {
  const imported = new Set(files.flatMap((file) => importsOf(file).map(({ from }) => from)))
  return files.flatMap(({ path }) =>
    isEntry.test(path) || !path.startsWith("src/") || imported.has(path) ? [] : [`${path} is imported by nobody`]
  )
}

const mayExportDefault = /^(src\/(cli|example)\/rolldown|test\/(cdk\/)?vitest(\.long)?)\.config\.ts$/

export const defaultExports: Rule = each((file) => {
  const found: Array<string> = []
  nodes(file, ({ start, type }) => {
    if (type === "ExportDefaultDeclaration" && !mayExportDefault.test(file.path))
      found.push(`${file.path}:${lineAt(file, start)} exports a default`)
  })
  return found
})

const question = /\/\*\*\s*(?:\*\s*)?(What|Whether|Where|How|Those|That|When|Why|Which|Who)\b[^\n]*/g

/** Doc comments begin with a verb or a noun. */
export const comments: Rule = each((file) =>
  [...file.text.matchAll(question)].map(({ 1: word, index }) => {
    return `${file.path}:${lineAt(file, index)} has a comment that begins with "${word}"`
  })
)

export const names: Rule = each(({ path }) => {
  const bad = path.split("/").find((part) => /^(utils?|common|helpers?|misc|shared)(\.|$)/i.test(part))
  return bad === undefined ? [] : [`${path} is named ${bad}, which says nothing`]
})
