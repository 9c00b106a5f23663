/**
 * The sentences in which the compiler refuses a definition, and that it does not tire: `tsc` runs on a folder made for
 * it, with one mistake to a file, and on sixty aggregates of six parts each.
 */
import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"

const home = join(import.meta.dirname, "../..")

const head = `import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as Documents from "../../src/sink/Documents.ts"
import { put } from "../../src/testing/index.ts"
import { Order, User } from "../../test/definitions.ts"
const S = Schema.String
export const things = [Schema, Aggregate, Table, Documents, put, Order, User, S]
`

const mistakes: { readonly [file: string]: readonly [code: string, sentence: string] } = {
  partLikeRootField: [
    `Aggregate.make("o", { key: "O#{id}", root: Aggregate.root("X", { items: S }), parts: { items: Aggregate.many("I#{n}", { n: S }) } })`,
    `field \\"items\\" is already an attribute of the root`
  ],
  rootFieldSync: [
    `Aggregate.make("o", { key: "O#{id}", root: Aggregate.root("X", { _sync: S }) })`,
    `field \\"_sync\\" is already reserved for the sync state`
  ],
  partSync: [
    `Aggregate.make("o", { key: "O#{id}", parts: { _sync: Aggregate.many("I#{n}", { n: S }) } })`,
    `field \\"_sync\\" is already reserved for the sync state`
  ],
  innerLikeOuterField: [
    `Aggregate.many("C#{c}", { body: S }, { parts: { body: Aggregate.many("#R#{r}", { n: S }) } })`,
    `field \\"body\\" is already an attribute of the outer row`
  ],
  innerLikeUnionField: [
    `Aggregate.many("C#{c}", Schema.Union([Schema.Struct({ a: S }), Schema.Struct({ b: S })]), { parts: { b: Aggregate.many("#R#{r}", { n: S }) } })`,
    `field \\"b\\" is already an attribute of the outer row`
  ],
  derivedLikeHidden: [
    `Aggregate.make("o", { key: "O#{id}", parts: { a: Aggregate.many("A#{n}", { n: S }, { hidden: true }) } }).pipe(Aggregate.derive({ a: S }, () => ({ a: "x" })))`,
    `field \\"a\\" is already a field of the document`
  ],
  outerKeyNameMissing: [
    `put(Aggregate.make("o", { key: "O#{id}", parts: { a: Aggregate.many("A#{n}", {}, { parts: { b: Aggregate.many("#B#{m}", {}) } }) } })).a.b({ id: "1", m: "1" }, {})`,
    `Property 'n' is missing`
  ],
  upperCaseName: [
    `Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, Aggregate.make("Users", { key: "O#{id}", root: Aggregate.root("X", { a: S }) })] })`,
    `OpenSearch takes names in lower case alone: \\"users\\"`
  ],
  plainPart: [
    `Aggregate.make("o", { key: "O#{id}", parts: { tags: Aggregate.many("TAG#{tag}", S) } })`,
    "a row has attributes: give the value the name of one, { name: schema }"
  ],
  plainInnerPart: [
    `Aggregate.make("o", { key: "O#{id}", parts: { a: Aggregate.many("A#{n}", {}, { parts: { tags: Aggregate.one("#TAGS", Schema.Array(S)) } }) } })`,
    "a row has attributes: give the value the name of one, { name: schema }"
  ],
  plainRoot: [
    `Aggregate.make("o", { key: "O#{id}", root: Aggregate.root("X", Schema.Finite) })`,
    "a row has attributes: give the value the name of one, { name: schema }"
  ],
  derivedTaken: [
    `Order.pipe(Aggregate.derive({ note: S }, () => ({ note: "x" })))`,
    `field \\"note\\" is already a field of the document`
  ],
  derivedSync: [
    `Order.pipe(Aggregate.derive({ _sync: S }, () => ({ _sync: "x" })))`,
    `field \\"_sync\\" is already reserved for the sync state`
  ],
  twoOfOneName: [
    `Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order, User, Order] })`,
    `two aggregates are named \\"orders\\"`
  ],
  keyNameMissing: [
    `put(Order).orderItems({ orderId: "1" }, { sku: "x", quantity: 1, price: 1 })`,
    `Property 'n' is missing`
  ],
  keyNameWrong: [`Documents.get(Order, { id: "1" })`, `'id' does not exist in type`],
  partUnknown: [`put(Order).items({ orderId: "1", n: "1" }, {})`, `Property 'items' does not exist`]
}

const fields = "{ x: S, y: Schema.Int, z: Schema.optionalKey(S) }"
const union = `Schema.Union([Schema.Struct({ k: Schema.Literal("a"), x: S }), Schema.Struct({ k: Schema.Literal("b"), y: S })])`
const inner = `{ parts: { p: Aggregate.many("#P#{p}", ${fields}, { hidden: true }), q: Aggregate.one("#Q#{q}", ${fields}) } }`
const parts = ["a", "b", "c", "d", "e", "f"].map(
  (part, i) =>
    `${part}: Aggregate.${i % 2 === 0 ? "many" : "one"}("${part}#{n}", ${i === 2 ? union : fields}, ${i === 3 ? inner : "{}"})`
)
const many = Array.from(
  { length: 60 },
  (
    _,
    i
  ) => `export const A${i} = Aggregate.make("a${i}", { key: "A${i}#{id}", root: Aggregate.root("X", { id: S, at: S, by: S }),
  parts: { ${parts.join(", ")} } }).pipe(Aggregate.derive({ total: Schema.Finite }, (it) => ({ total: it.a.length })))
export const put${i} = put(A${i}).b({ id: "1", n: "1" }, { x: "x", y: 1 })
export const inner${i} = put(A${i}).d.q({ id: "1", n: "1", q: "1" }, { x: "x", y: 1 })`
)
const large = `${many.join("\n")}
export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [${many.map((_, i) => `A${i}`).join(", ")}] })
`

const compiled = async (): Promise<string> => {
  mkdirSync(join(home, "tmp"), { recursive: true })
  const folder = mkdtempSync(join(home, "tmp/types-"))
  try {
    writeFileSync(join(folder, "tsconfig.json"), `{ "extends": "../../tsconfig.json", "include": ["."] }`)
    for (const [name, [code]] of Object.entries(mistakes)) writeFileSync(join(folder, `${name}.ts`), head + code)
    writeFileSync(join(folder, "large.ts"), head + large)
    const tsc = join(home, "node_modules/typescript/bin/tsc")
    return await promisify(execFile)(
      process.execPath,
      [tsc, "-p", folder, "--pretty", "false", "--extendedDiagnostics"],
      { cwd: folder }
    ).then(
      ({ stdout }) => stdout,
      (failed: { readonly stdout: string }) => failed.stdout
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe("the compiler", () => {
  let answer: Promise<string> | undefined
  const messages = async (file: string) => {
    answer ??= compiled()
    const found = (await answer).split(/\n(?=\S)/)
    return found.filter((message) => message.startsWith(`${file}.ts(`))
  }

  it.each(Object.keys(mistakes))("refuses %s with its sentence", async (file) => {
    const [, sentence] = mistakes[file]!
    const found = await messages(file)
    assert.isNotEmpty(found)
    for (const message of found) assert.include(message, sentence)
  })

  it("takes sixty aggregates of six parts each", async () => assert.deepStrictEqual(await messages("large"), []))

  it("does not tire of them", async () => {
    await messages("large")
    const [, count] = /^Instantiations: +(\d+)$/m.exec(await answer!)!
    // 450,000 without the mistakes, 104,000 with one aggregate alone: 0.7 s of CPU for the others.
    assert.isBelow(Number(count), 700_000)
  })
})
