import { assert, it } from "@effect/vitest"
import { keysOf } from "../src/KeyNames.ts"

it("the key attributes of a row are its own, and none that it lacks", () => {
  const row = { PK: { S: "a" }, SK: { N: "1" }, other: { S: "b" } }
  assert.deepStrictEqual(keysOf({ partitionKey: "PK", sortKey: "SK" }, row), { PK: { S: "a" }, SK: { N: "1" } })
  assert.deepStrictEqual(keysOf({ partitionKey: "PK" }, row), { PK: { S: "a" } })
  assert.deepStrictEqual(keysOf({ partitionKey: "PK", sortKey: "sk" }, row), { PK: { S: "a" } })
  assert.deepStrictEqual(keysOf({ partitionKey: "toString", sortKey: "SK" }, row), { SK: { N: "1" } })
})
