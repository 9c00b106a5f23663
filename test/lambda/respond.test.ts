import { assert, describe, it } from "@effect/vitest"
import { respond, respondToPipe } from "../../src/lambda/respond.ts"

const open = (...numbers: ReadonlyArray<string | undefined>) =>
  numbers.map((sequenceNumber, index) => ({
    index,
    sequenceNumber,
    aggregate: undefined,
    reason: "",
    isRefused: false
  }))

describe("respond", () => {
  it("names nothing where all is settled", () => {
    assert.deepStrictEqual(respond([]), { batchItemFailures: [] })
  })
  it("names the lowest number, by value and not by text", () => {
    assert.deepStrictEqual(respond(open("1000", "999", "01001")), { batchItemFailures: [{ itemIdentifier: "999" }] })
  })
  it("answers nothing where a record has no number", () => {
    assert.isUndefined(respond(open("1", undefined)))
  })
})

describe("respondToPipe", () => {
  it("names each record that is open by its eventID", () => {
    const records = [{ eventID: "a" }, { eventID: "b" }, { eventID: "c" }]
    assert.deepStrictEqual(respondToPipe(open("9", undefined), records), {
      batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "b" }]
    })
    assert.deepStrictEqual(respondToPipe([], records), { batchItemFailures: [] })
  })
  it("answers nothing where a record has none", () => {
    for (const odd of [{}, { eventID: 7 }, { eventID: "" }, null]) {
      assert.isUndefined(respondToPipe(open("1", "2"), [{ eventID: "a" }, odd]))
    }
  })
})
