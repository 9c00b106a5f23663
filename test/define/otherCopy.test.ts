/** A definition whose schemas come from another copy of Effect: it is refused, and both copies are named. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { rolldown } from "rolldown"
import { afterAll } from "vitest"
import { Aggregate, Table } from "../../src/index.ts"

const project = realpathSync(mkdtempSync(join(tmpdir(), "tablefold-copies-")))
afterAll(() => rmSync(project, { recursive: true, force: true }))

/** Bundles Effect's schemas into a file: a copy of its own, with whatever manifest stands beside it. */
const copy = async (file: string): Promise<typeof Schema> => {
  const entry = join(project, "entry.js")
  writeFileSync(entry, `export * as Schema from ${JSON.stringify(fileURLToPath(import.meta.resolve("effect/Schema")))}`)
  await (await rolldown({ input: entry })).write({ file, format: "esm" })
  return ((await import(pathToFileURL(file).href)) as { readonly Schema: typeof Schema }).Schema
}

const folder = join(project, "node_modules/effect")
const other = await copy(join(folder, "dist/index.js"))
writeFileSync(
  join(folder, "package.json"),
  JSON.stringify({ name: "effect", version: "4.0.9", exports: { "./package.json": "./package.json" } })
)

const own = dirname(fileURLToPath(import.meta.resolve("effect/package.json")))
const { version } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as { readonly version: string }

const withNotes = (fields: { readonly [name: string]: Schema.Codec<any, any> }, where?: Schema.Decoder<unknown>) =>
  Aggregate.make("notes", {
    key: "NOTE#{id}",
    parts: { notes: Aggregate.many("NOTE#{n}", fields, where === undefined ? {} : { where }) }
  })

const make = (...aggregates: ReadonlyArray<Aggregate.Any>) =>
  Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: aggregates as readonly [] })

const text = { text: Schema.String }

describe("a definition with schemas of two copies", () => {
  it.each([
    ["a field", () => make(withNotes({ text: other.String }))],
    ["inside a struct", () => make(withNotes({ inner: Schema.Struct({ list: Schema.Array(other.Int) }) }))],
    ["in a union", () => make(withNotes({ inner: Schema.NullOr(other.Date) }))],
    ["of a condition", () => make(withNotes(text, other.Struct({ state: other.Literal("open") })))],
    ["derived", () => make(withNotes(text).pipe(Aggregate.derive({ size: other.Int }, () => ({ size: 1 }))))]
  ])("is refused: %s", (_, makeTable) => {
    assert.throws(
      makeTable,
      `effect is there twice: tablefold uses ${version} in ${own}, ` +
        `but the definition's schemas come from 4.0.9 in ${folder}; keep one`
    )
  })

  it("is refused where the other was bundled: its file is named", async () => {
    const file = join(project, "bundle.mjs")
    const { String: text } = await copy(file)
    assert.throws(() => make(withNotes({ text })), `come from the copy in ${file}; keep one`)
  })

  it("is what it takes: schemas of one copy are none, however deep", () =>
    assert.doesNotThrow(() =>
      make(withNotes({ inner: Schema.Struct({ dates: Schema.Array(Schema.NullOr(Schema.DateFromMillis)) }) }))
    ))
})
