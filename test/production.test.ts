/** The runbook quotes what the log says: each word of it is there in the product. */
import { assert, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const page = readFileSync(join(root, "docs/production.md"), "utf8")
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join(root, "src", path), "utf8"))

it("has a section for each alarm", () => {
  const alarms = readFileSync(join(root, "src/cdk/alarms.ts"), "utf8")
  const ofConstruct = [...alarms.matchAll(/^ {2}readonly (\w+)\??: Alarm$/gm)].map(([, name]) => name!)
  const rules = readFileSync(join(root, "docs/alerts.yml"), "utf8")
  const ofRules = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)
  assert.isAbove(ofConstruct.length, 5)
  assert.isAbove(ofRules.length, 4)
  const named = [...page.matchAll(/^###.*\n\n((?:`\w+`(?:, )?)+)$/gm)].flatMap(([, names]) => names!.match(/\w+/g)!)
  assert.sameMembers(named, [...ofConstruct, ...ofRules])
})

const ofOthers = new Set(["Task timed out"])

it("quotes what the product says", () => {
  const runbook = page.slice(page.indexOf("## Runbook"), page.indexOf("## What it costs"))
  const causes = [...runbook.matchAll(/^ *- ((?:`[^`]+`(?:, (?:or )?)?)+)/gm)].map(([, spans]) => spans!)
  const quotes = causes.flatMap((spans) => [...spans.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote!))
  assert.isAbove(quotes.length, 7)
  const missing = quotes.filter((quote) => !ofOthers.has(quote) && !sources.some((text) => text.includes(quote)))
  assert.deepStrictEqual(missing, [])
})
