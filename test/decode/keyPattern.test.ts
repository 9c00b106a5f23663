/** Patterns of keys: rows of one kind have one, and no value of a key stands in it. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { barePattern, keyPattern } from "../../src/decode/keyPattern.ts"

const names = { partitionKey: "PK", sortKey: "SK" }
const pattern = (PK: string, SK: string) => keyPattern(names, { PK: { S: PK }, SK: { S: SK } })

describe("the pattern of a key", () => {
  it.each([
    ["ORDER#1001", "DETALS", "ORDER#{…} / DETALS"],
    ["ORDER#1001", "ITEM#7", "ORDER#{…} / ITEM#{…}"],
    ["ORG#ACME#USER#ann", "TASK#1#SUMMARY", "ORG#{…}#USER#{…} / TASK#{…}#SUMMARY"],
    ["user#ann", "profile", "user#{…} / {…}"],
    ["ann@example.com", "2026-08-01", "{…} / {…}"],
    ["STATUS#OPEN", "ORDER#7#", "STATUS#{…} / ORDER#{…}#"],
    ["a:b/c|d", "Ünicode", "a:{…}/c|{…} / {…}"],
    ["", "#", " / #"]
  ])("%s / %s is %s", (PK, SK, expected) => assert.strictEqual(pattern(PK, SK), expected))

  it("has no part of a number or of bytes, nor of what is no key", () => {
    assert.strictEqual(keyPattern(names, { PK: { N: "5" }, SK: { B: "AAAA" } }), "{…} / {…}")
    assert.strictEqual(keyPattern({ partitionKey: "PK", sortKey: undefined }, {}), "{…}")
  })

  const value = Schema.String.check(Schema.isPattern(/^[a-z]{0,3}[0-9@.][a-zA-Z0-9@.+-]{0,9}$/))

  it.prop("is one for all values of a template's names", [value, value], ([a, b]) => {
    assert.strictEqual(pattern(`ORG#${a}#USER#${b}`, `NOTE#${a}`), "ORG#{…}#USER#{…} / NOTE#{…}")
  })

  it("is short whatever the key", () => assert.isBelow(pattern("A#".repeat(500), "X").length, 60))

  it("bare has no words", () => assert.strictEqual(barePattern("ORG#{…}#USER_X / NOTE"), "{…}#{…}#{…} / {…}"))
})
