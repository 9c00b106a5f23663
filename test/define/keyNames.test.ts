/** What is said of key names that are not a table's. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as KeyNames from "../../src/define/keyNames.ts"

const pair = (partitionKey: string, sortKey?: string): KeyNames.KeyNames => ({ partitionKey, sortKey })

describe("key names", () => {
  it.each([
    [pair("PK", "SK"), pair("PK", "sk"), "the table shop has the keys PK, SK; the definition has the keys PK, sk; "],
    [pair("PK", "SK"), pair("SK", "PK"), "the table shop has the keys PK, SK; the definition has the keys SK, PK; "],
    [
      pair("PK", "SK"),
      pair("PK"),
      "the table shop has the keys PK, SK; the definition has the key PK and no sort key; "
    ],
    [
      pair("PK"),
      pair("PK", "SK"),
      "the table shop has the key PK and no sort key; the definition has the keys PK, SK; "
    ],
    [
      pair("PK"),
      pair("pk"),
      "the table shop has the key PK and no sort key; the definition has the key pk and no sort key; "
    ]
  ])("of %j are not those of %j", (found, defined, sentence) => {
    assert.strictEqual(
      KeyNames.problem("shop", found, defined),
      `${sentence}correct partitionKey and sortKey in Table.make`
    )
  })

  const Name = Schema.Literals(["PK", "SK", "sk"])
  const Names = Schema.Struct({ partitionKey: Name, sortKey: Schema.UndefinedOr(Name) })

  it.prop("are told if and only if one of the two differs, both by name", [Names, Names], ([found, defined]) => {
    const problem = KeyNames.problem("shop", found, defined)
    const isSame = found.partitionKey === defined.partitionKey && found.sortKey === defined.sortKey
    assert.strictEqual(problem === undefined, isSame)
    if (problem === undefined) return
    for (const name of [...Object.values(found), ...Object.values(defined)]) assert.include(problem, name ?? "no sort")
  })
})
