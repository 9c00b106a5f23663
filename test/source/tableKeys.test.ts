/** What is said of key names that are not a table's, and the key attributes out of any row. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type KeyNames, keyProblem, keysOf } from "../../src/source/tableKeys.ts"

const pair = (partitionKey: string, sortKey?: string): KeyNames => ({ partitionKey, sortKey })

describe("key names", () => {
  it.each([
    [pair("PK", "SK"), pair("PK", "sk"), "the table shop has the keys PK, SK; the definition's are PK, sk; "],
    [pair("PK", "SK"), pair("SK", "PK"), "the table shop has the keys PK, SK; the definition's are SK, PK; "],
    [pair("PK", "SK"), pair("PK"), "the table shop has the keys PK, SK; the definition's is PK and no sort key; "],
    [pair("PK"), pair("PK", "SK"), "the table shop has the key PK and no sort key; the definition's are PK, SK; "],
    [pair("PK"), pair("pk"), "the table shop has the key PK and no sort key; the definition's is pk and no sort key; "]
  ])("of %j are not those of %j", (found, defined, sentence) => {
    assert.strictEqual(keyProblem("shop", found, defined), `${sentence}correct partitionKey and sortKey in Table.make`)
  })

  const Name = Schema.Literals(["PK", "SK", "sk"])
  const Names = Schema.Struct({ partitionKey: Name, sortKey: Schema.UndefinedOr(Name) })

  it.prop("are told if and only if one of the two differs, both by name", [Names, Names], ([found, defined]) => {
    const problem = keyProblem("shop", found, defined)
    const isSame = found.partitionKey === defined.partitionKey && found.sortKey === defined.sortKey
    assert.strictEqual(problem === undefined, isSame)
    if (problem === undefined) return
    for (const name of [...Object.values(found), ...Object.values(defined)]) assert.include(problem, name ?? "no sort")
  })
})

it("the key attributes of a row are its own, and none that it lacks", () => {
  const row = { PK: { S: "a" }, SK: { N: "1" }, other: { S: "b" } }
  assert.deepStrictEqual(keysOf(pair("PK", "SK"), row), { PK: { S: "a" }, SK: { N: "1" } })
  assert.deepStrictEqual(keysOf(pair("PK"), row), { PK: { S: "a" } })
  assert.deepStrictEqual(keysOf(pair("PK", "sk"), row), { PK: { S: "a" } })
  assert.deepStrictEqual(keysOf(pair("toString", "SK"), row), { SK: { N: "1" } })
})
