/** What is shown to people: whatever it holds, a terminal acts on none of it, and JSON means the same. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { printable } from "../src/printable.ts"

const acting = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** Texts full of what no text should hold. */
const hostile = Schema.Array(
  Schema.Literals([
    ..."\u0000\u0007\t\n\r\u001b\u007f\u0085\u009b\u00ad\u061c\u200b\u200d\u200f\u2028\u2029\u202e\u2066\ufeff".split(
      ""
    ),
    "\ud800",
    "\udc00",
    "\u{e0001}",
    "a",
    " ",
    "é",
    "\u{1f600}",
    "שלום",
    "\\u001b",
    '"'
  ])
)

describe("printable text", () => {
  it.prop("holds nothing that a terminal acts on, and is the same where there was nothing", [hostile], ([parts]) => {
    const text = parts.join("")
    const shown = printable(text)
    assert.notMatch(shown, acting)
    assert.strictEqual(printable(shown), shown)
    if (!acting.test(text)) assert.strictEqual(shown, text)
  })

  it.prop("of JSON is JSON with the same values", [hostile, hostile], ([name, value]) => {
    const json = { [name.join("")]: [value.join(""), 1.5, null] }
    assert.deepStrictEqual(JSON.parse(printable(JSON.stringify(json))), json)
  })

  it("shows the characters as JSON writes them", () =>
    assert.strictEqual(printable("\u001b[2J\u202e\u{e0001}a"), "\\u001b[2J\\u202e\\udb40\\udc01a"))
})
