/** The fields that a change altered, against documents that are put together anew from them. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { altered } from "../../src/console/altered.ts"

describe("altered", () => {
  const cases: ReadonlyArray<readonly [unknown, unknown, ReadonlyArray<string>]> = [
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2, b: 3 }, ["a", "b"]],
    [{ items: [{ n: 1 }, { n: 2 }] }, { items: [{ n: 1 }, { n: 3 }, { n: 4 }] }, ["items.1.n", "items.2"]],
    [{ a: [1] }, { a: { 0: 1 } }, ["a"]],
    [{ a: { b: null } }, { a: {} }, ["a.b"]],
    [{}, JSON.parse('{"__proto__": 1, "constructor": 2}'), ["__proto__", "constructor"]]
  ]
  it.each(cases)("%j → %j", (before, after, paths) => assert.deepStrictEqual(altered(before, after), paths))

  it("names a hundred at most, and the outer fields of more", () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, i]))
    assert.deepStrictEqual(altered({ all: {}, b: 1 }, { all: many, b: 2 }), ["all", "b"])
  })

  it.prop("finds nothing in equal documents, and something in others", [Schema.Json, Schema.Json], ([a, b]) => {
    assert.deepStrictEqual(altered(a, structuredClone(a)), [])
    if (JSON.stringify(a) !== JSON.stringify(b) && !isReordered(a, b)) assert.isAbove(altered(a, b).length, 0)
  })
})

/** Two texts of one value: the order of fields, or -0. */
const isReordered = (a: unknown, b: unknown): boolean => {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}
