/** What a generation's state says of its table, and which marks a verification clears. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as State from "../../../src/sink/opensearch/State.ts"

const state = State.initial({ format: 1, hash: "h", description: {}, writeAlias: "w", createdAt: 0 }, "uuid")

describe("checkOrigins", () => {
  const keys = { partitionKey: "PK", sortKey: "SK" }
  const origin = (epoch: number, changedAt?: number, tableArn = "arn:aws:dynamodb:eu-west-1:1:table/Shop") => ({
    tableArn,
    epoch,
    changedAt
  })
  const source = { kind: "stream" as const, tableArn: "arn:aws:dynamodb:eu-west-1:1:table/Shop", epoch: 1000 }
  const check = (...origins: ReadonlyArray<ReturnType<typeof origin>>) =>
    State.checkOrigins({ keys: null, source }, origins)
  const checkKeys = (own: State.State["keys"]) =>
    State.checkOrigins({ keys, source }, [{ ...origin(1000), ...(own === null ? {} : { keys: own }) }])

  it("remembers the first table and the newest stream", () => {
    assert.deepStrictEqual(State.checkOrigins(state, [origin(1000)]), { keys: null, source })
    assert.deepStrictEqual(check(origin(2000)), { keys: null, source: { ...source, epoch: 2000 } })
    assert.deepStrictEqual(check(), { keys: null, source })
  })
  it("names both tables where records come from another one", () => {
    const found = check(origin(1000, 1, "arn:aws:dynamodb:eu-west-1:1:table/Other"))
    const problem = "problem" in found ? found.problem : ""
    for (const part of ["table/Other", "table/Shop", "tablefold rebuild Other --new-source"]) {
      assert.include(problem, part)
    }
  })
  it("takes what an old stream still had to say, but nothing it says after the newer one was made", () => {
    assert.isTrue("source" in check(origin(500, 900)))
    assert.isTrue("problem" in check(origin(500, 1001)))
  })
  it("remembers the first key names, and names both where a definition has others", () => {
    const first = State.checkOrigins(state, [{ ...origin(1000), keys }])
    assert.deepStrictEqual(first, { keys, source })
    assert.deepStrictEqual(checkKeys(keys), { keys, source })
    assert.deepStrictEqual(checkKeys(null), { keys, source })
    for (const other of [{ partitionKey: "PK", sortKey: "sk" }, { partitionKey: "PK" }]) {
      const found = checkKeys(other)
      assert.include("problem" in found ? found.problem : "", "keys PK, SK")
    }
  })
})

const step = Schema.Struct({ name: Schema.Literals(["incomplete", "verificationDue"]), at: Schema.Int })

describe("marks", () => {
  it.prop(
    "a verification clears those that were set before it began, whatever the clocks say",
    [Schema.Array(step), Schema.Array(step)],
    ([before, during]) => {
      const set = (from: State.State, steps: typeof before) =>
        steps.reduce((state, { at, name }) => State.mark(state, name, at, "…"), from)
      const begun = set(state, before)
      const ended = State.verified(set(begun, during), begun.marks, 0)
      for (const name of ["incomplete", "verificationDue"] as const) {
        assert.strictEqual(
          ended[name] !== undefined,
          during.some((one) => one.name === name)
        )
      }
    }
  )

  it("keep the time since when they stand", () => {
    const twice = State.mark(State.mark(state, "incomplete", 5, "a"), "incomplete", 9, "b")
    assert.deepStrictEqual(twice.incomplete, { number: 2, at: 5, reason: "b" })
  })

  it("another identity of the index is one", () => {
    assert.strictEqual(State.identified(state, "uuid", 1), state)
    const restored = State.identified(state, "uuid/history", 1)
    assert.strictEqual(restored.identity, "uuid/history")
    assert.include(restored.verificationDue?.reason, "restored")
  })
})
