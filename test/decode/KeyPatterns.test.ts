/** Rows by the patterns of their keys: none is lost, however many patterns there are, and memory is bounded. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { KeyPatterns } from "../../src/decode/KeyPatterns.ts"

const Pattern = Schema.TemplateLiteral([
  Schema.Literals(["A", "B", "C", "D", "E", "F"]),
  "#{…}",
  Schema.Literals(["", "#G", " / H"])
])

describe("patterns", () => {
  it.prop("add up to all rows, and are as many as may be", [Schema.Array(Pattern)], ([rows]) => {
    const patterns = new KeyPatterns(2)
    for (const pattern of rows) patterns.add(pattern, () => `of ${pattern}`)
    const counts = patterns.counts()
    assert.strictEqual(patterns.rows, rows.length)
    assert.strictEqual(
      counts.reduce((sum, { rows }) => sum + rows, 0),
      rows.length
    )
    assert.isAtMost(counts.length, 5)
    // The first ones are told apart exactly.
    for (const pattern of new Set([...new Set(rows)].slice(0, 2))) {
      const found = counts.find((one) => one.pattern === pattern)
      assert.deepInclude(found, { rows: rows.filter((one) => one === pattern).length, example: `of ${pattern}` })
    }
  })
})
