/** How the definition's module is found, and what is said of one that is none. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll } from "vitest"
import { loadTable } from "../../src/cli/loadTable.ts"

const library = pathToFileURL(resolve(import.meta.dirname, "../../src/index.ts"))

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-table-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let modules = 0
const load = Effect.fnUntraced(function* (text: string) {
  const path = join(folder, `table-${modules++}.ts`)
  const effect = import.meta.resolve("effect")
  const imports = `import { Aggregate, Table } from "${library}"\nimport { Schema } from "${effect}"\n`
  yield* Effect.promise(() => writeFile(path, text.startsWith("//") ? text : imports + text))
  return yield* loadTable(path)
})

const make = `Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [
  Aggregate.make("notes", { key: "NOTE#{id}", root: Aggregate.root("NOTE", { id: Schema.String }) })
] })`

describe("a module", () => {
  it.effect.each([
    `export const table = ${make}`,
    `export default ${make}`,
    `export const shop = ${make}; export const other = 1`
  ])("gives its table: %s", (text) =>
    Effect.map(load(text), ({ aggregates, claims }) => {
      assert.deepStrictEqual(
        aggregates.map(({ name }) => name),
        ["notes"]
      )
      assert.strictEqual(claims("NOTE#1", "NOTE")[0]?.row.kind, "root")
    })
  )

  it.effect.each([
    ["export const Order = 1, User = 2", "exports no table, it exports Order, User; write: export const table ="],
    ["// nothing", "exports no table, it exports nothing;"],
    [
      `export const one = ${make}, two = ${make}`,
      'exports several tables: one, two; call the one that is meant "table"'
    ],
    ["throw new Error('no database today')", "can't be loaded: no database today"],
    ['import "./absent.ts"', "can't be loaded: Cannot find module"],
    [
      'export const table = Table.make({ partitionKey: "PK", aggregates: [Aggregate.make("a", { key: "A{" })] })',
      'the definition can\'t be used:\n  - aggregate "a": key template "A{" has a brace without its pair\n  - '
    ]
  ] as const)("that is none is told so: %s", ([text, sentence]) =>
    Effect.map(Effect.flip(load(text)), ({ message }) => assert.include(message, sentence))
  )
})
