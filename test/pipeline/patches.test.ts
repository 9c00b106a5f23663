/** Decoding at need: the patches are those of decoding every change, whatever the order in which they are looked at. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import * as Claim from "../../src/decode/Claim.ts"
import { decode } from "../../src/decode/decode.ts"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import * as Version from "../../src/Version.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as Patches from "../../src/pipeline/patches.ts"
import type { Change } from "../../src/source/Change.ts"
import { index } from "../../src/testing/deliveries.ts"
import { put, removed } from "../decode/changes.ts"
import { table } from "../definitions.ts"

const item = (quantity: string) => ({ sku: { S: "tea" }, quantity: { N: quantity }, price: { N: "3" } })
const bad = item("two")

/** Changes of few rows under few versions, a third of them refused by the schema. */
const changes: Arbitrary.Arbitrary<ReadonlyArray<Change>> = Arbitrary.array(
  Arbitrary.map(
    Arbitrary.all({ order: index(2), row: index(2), sequence: index(4), kind: index(6) }),
    ({ kind, order, row, sequence }) => {
      const at = [`ORDER#${order}`, `ITEM#${row}`] as const
      if (kind === 0) return removed(...at, String(sequence + 1))
      return put(...at, kind < 3 ? bad : item(String(kind)), String(sequence + 1))
    }
  ),
  { maxLength: 20 }
)

const claims = (all: ReadonlyArray<Change>) => all.map((change) => Claim.of(table, change))

const claimOf = (change: Change) => {
  const [claim] = Claim.of(table, change)
  if (claim?._tag !== "Claim") throw new Error("no claim")
  return claim
}

const eventsOf = (all: ReadonlyArray<Change>): ReadonlyArray<RowEvent> =>
  all.flatMap((change) => decode(table, change).flatMap((one) => (one._tag === "Event" ? one.event : [])))

const foldAll = (all: ReadonlyArray<Change>) => fold(claims(all))

const fold = (claimed: ReadonlyArray<Patches.Claimed>) =>
  Patches.groups(claimed).map((group) => Patches.fold(table, group))

const states = (patches: ReadonlyArray<Patch.Patch>) =>
  new Map(
    patches.flatMap(({ id, registers }) =>
      [...registers].map(([rowKey, { json, version }]) => [`${id} ${rowKey}`, { json, version }] as const)
    )
  )

describe("patches of a batch", () => {
  it.prop("are those of decoding every change", [changes], ([all]) => {
    assert.deepStrictEqual(
      new Map([...states(foldAll(all))].sort()),
      new Map([...states(Patch.fromEvents(eventsOf(all)))].sort())
    )
  })

  it.prop(
    "mark the rows whose newest change is refused, however they come in batches",
    [changes, index(6)],
    ([all, at]) => {
      const folded = (batches: ReadonlyArray<ReadonlyArray<Change>>) => {
        const documents = new Map<string, Document.Document>()
        for (const patch of batches.flatMap(foldAll)) {
          documents.set(patch.id, Document.apply(documents.get(patch.id) ?? Document.empty(patch), patch))
        }
        const known = [...documents].sort(([a], [b]) => (a < b ? -1 : 1))
        return known.map(([id, { refused, rows }]) => [id, rows, refused] as const)
      }
      const newest = new Map<string, { readonly version: Version.Version; readonly isRefused: boolean }>()
      for (const change of all) {
        const claim = claimOf(change)
        const key = `${claim.id} ${claim.rowKey}`
        const order = Version.compare(claim.version, newest.get(key)?.version ?? Version.scan(0, 0))
        const isRefused = decode(table, change)[0]!._tag === "Reject"
        // Under one version, which only a test has twice, what is accepted counts.
        if (order > 0 || (order === 0 && !isRefused)) newest.set(key, { version: claim.version, isRefused })
      }
      const together = folded([all])
      assert.deepStrictEqual(
        new Set(together.flatMap(([id, , refused]) => refused.map(({ rowKey }) => `${id} ${rowKey}`))),
        new Set([...newest].flatMap(([key, { isRefused }]) => (isRefused ? [key] : [])))
      )
      assert.deepStrictEqual(folded([all.slice(at), all.slice(0, at)]), together)
      assert.deepStrictEqual(folded(all.toReversed().map((change) => [change])), together)
    }
  )

  it.prop("leave no refusal unsaid but those of rows that have a newer state", [changes], ([all]) => {
    const claimed = claims(all)
    const patches = fold(claimed)
    const known = states(patches)
    const found = Patches.withRejects(claimed, patches)
    assert.strictEqual(found.length, all.length)
    for (const [i, change] of all.entries()) {
      const claim = claimOf(change)
      const isRefused = decode(table, change)[0]!._tag === "Reject"
      if (found[i]![0]!._tag === "Reject") assert.isTrue(isRefused)
      else if (isRefused) {
        assert.isAbove(Version.compare(known.get(`${claim.id} ${claim.rowKey}`)!.version, claim.version), 0)
      }
    }
  })

  it("of one document are decoded when it is folded, and no other", () => {
    let reads = 0
    const watched = (order: string): Change => {
      const change = put(`ORDER#${order}`, "ITEM#1", item("1"))
      return {
        ...change,
        get image() {
          reads++
          return change.image
        }
      }
    }
    const [first, second] = Patches.groups(claims([watched("1"), watched("2")]))
    const before = reads
    assert.strictEqual(Patches.fold(table, second!).registers.size, 1)
    const one = reads - before
    assert.isAbove(one, 0)
    assert.strictEqual(Patches.fold(table, first!).registers.size, 1)
    assert.strictEqual(reads, before + 2 * one)
  })

  it("of a row that changes often take its newest state alone", () => {
    const all = [
      put("ORDER#1", "ITEM#1", bad, "1"),
      put("ORDER#1", "ITEM#1", item("2"), "3"),
      put("ORDER#1", "ITEM#1", item("1"), "2")
    ]
    const claimed = claims(all)
    const patches = fold(claimed)
    assert.strictEqual(JSON.parse(patches[0]!.registers.get("ITEM#1")!.json!).quantity, 2)
    assert.deepStrictEqual(
      Patches.withRejects(claimed, patches).map(([one]) => one?._tag),
      ["Claim", "Claim", "Claim"]
    )
  })
})
