import { assert, it } from "@effect/vitest"
import { fill } from "./page.ts"

const tables = { speed: { title: "Speed", head: ["", "n"], rows: [["a", "1"]] } }
const page = "# Page\n\n<!-- bench: speed -->\nold\n<!-- end -->\n\nWords.\n\n<!-- bench: speed -->\n<!-- end -->\n"

it("tables come into their places, once more the same, and all else stays", () => {
  const filled = fill(page, tables)
  assert.strictEqual(filled.split("| a | 1 |").length, 3)
  assert.notInclude(filled, "old")
  assert.match(filled, /^# Page\n\n<!-- bench: speed -->\n\n\*\*Speed/)
  assert.include(filled, "<!-- end -->\n\nWords.\n")
  assert.strictEqual(fill(filled, tables), filled)
})

it("a place without its table is an error that names it", () =>
  assert.throws(() => fill("<!-- bench: delay -->\n<!-- end -->", tables), /delay/))
