/** The runbook quotes what the log says: each word of it is there in the product. */
import { assert, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const page = readFileSync(join(root, "docs/production.md"), "utf8")
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join(root, "src", path), "utf8"))

const ofOthers = new Set(["Task timed out"])

it("quotes what the product says", () => {
  const runbook = page.slice(page.indexOf("## Runbook"), page.indexOf("## What it costs"))
  const causes = [...runbook.matchAll(/^ *- ((?:`[^`]+`(?:, (?:or )?)?)+)/gm)].map(([, spans]) => spans!)
  const quotes = causes.flatMap((spans) => [...spans.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote!))
  assert.isAbove(quotes.length, 7)
  const missing = quotes.filter((quote) => !ofOthers.has(quote) && !sources.some((text) => text.includes(quote)))
  assert.deepStrictEqual(missing, [])
})
