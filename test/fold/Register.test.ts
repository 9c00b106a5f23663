/** Of two registers of one row the newer wins; where versions tie, removed wins, then the greater JSON text. */
import { assert, describe, it } from "@effect/vitest"
import * as Version from "../../src/Version.ts"
import * as Register from "../../src/fold/Register.ts"

const older = Version.stream(5, "1")
const newer = Version.stream(5, "2")

describe("compare", () => {
  it.each<[string, Version.Version, string | undefined, Version.Version, string | undefined]>([
    ["the newer over the older", newer, `{"a":1}`, older, `{"a":2}`],
    ["the newer over an older removal", newer, `{"a":1}`, older, undefined],
    ["a newer removal", newer, undefined, older, `{"a":1}`],
    ["at one version, removed", newer, undefined, newer, `{"a":1}`],
    ["at one version, the greater text", newer, `{"a":2}`, newer, `{"a":1}`],
    ["at one version, the longer text", newer, `{"a":1}`, newer, `{"a":`]
  ])("%s wins", (_, version, json, otherVersion, otherJson) => {
    const winner = { version, json }
    const other = { version: otherVersion, json: otherJson }
    assert.isAbove(Register.compare(winner, other), 0)
    assert.isBelow(Register.compare(other, winner), 0)
  })

  it.each([[`{"a":1}`], [undefined]])("the same state at one version is no news: %s", (json) =>
    assert.strictEqual(Register.compare({ version: newer, json }, { version: { ...newer }, json }), 0)
  )
})
