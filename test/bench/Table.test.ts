import { assert, it } from "@effect/vitest"
import * as Table from "./Table.ts"

const table: Table.Table = {
  title: "Speed",
  head: ["", "changes/s"],
  rows: [
    ["limit", "30,000"],
    ["cache | warm", "9"]
  ]
}

it("figures stand under one another", () =>
  assert.strictEqual(
    Table.text(table),
    ["Speed", "                changes/s", "  limit            30,000", "  cache | warm          9"].join("\n")
  ))

it("on a page a bar in a cell ends no cell", () =>
  assert.strictEqual(
    Table.markdown(table),
    ["**Speed**", "", "|  | changes/s |", "|---|--:|", "| limit | 30,000 |", "| cache \\| warm | 9 |"].join("\n")
  ))
