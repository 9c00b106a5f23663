/**
 * A patch against a server that takes no more than so many rows of a kind in a document, and no row that is bad: what is
 * left in the end is what plain loops tell, each refused row is refused for itself and marked, in few writes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Version from "../../src/decode/Version.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as Attempt from "../../src/sink/Attempt.ts"
import type { Outcome } from "../../src/sink/Sink.ts"
import { step } from "../../src/sink/step.ts"
import { index } from "../../src/testing/deliveries.ts"
import { eventOf } from "../../src/testing/events.ts"

const made = (more: Schema.Codec<any, any>) =>
  Shape.of(
    Aggregate.make("orders", {
      key: "ORDER#{id}",
      root: Aggregate.root("DETAILS", { name: Schema.String }),
      parts: {
        items: Aggregate.many("ITEM#{n}", { n: Schema.String, more }),
        notes: Aggregate.many("NOTE#{n}", { n: Schema.String, more }),
        last: Aggregate.one("LAST#{n}", { n: Schema.String, more })
      }
    })
  )
const plain = made(Schema.optionalKey(Schema.String))
/** Rows that may be several nested objects each, so that one refused says nothing of the others. */
const nested = made(Schema.optionalKey(Schema.Json.annotate(Mapping.field({ type: "nested" }))))

const key = (n: string) => (n.startsWith("N") ? "notes" : n.startsWith("L") ? "last" : n === "DETAILS" ? "" : "items")
const patchOf = (shape: Shape.Shape, sequence: number, rows: ReadonlyMap<string, string | undefined>): Patch.Patch => {
  const [patch] = Patch.fromEvents(
    [...rows].map(([n, json]) => {
      const row = shape.rows.find(({ field }) => field === key(n))!
      return eventOf(shape, row, { id: "1", n }, json, { version: Version.stream(1, String(sequence)) })
    })
  )
  return patch!
}

const names = ["DETAILS", ...Array.from({ length: 8 }, (_, i) => [`${i}`, `N${i}`]).flat(), "L1"]
const rows = (bad: number) =>
  Arbitrary.map(
    Arbitrary.array(Arbitrary.all({ name: index(names.length), what: index(8) }), { maxLength: 24 }),
    (all) => {
      const texts = all.map(({ name, what }) => {
        const json = what < 2 ? undefined : JSON.stringify({ n: what < bad ? "bad" : `${what}` })
        return [names[name]!, json] as const
      })
      return new Map(texts)
    }
  )

/** Nested objects of a document, as far as it matters here: all rows but a root and a *one*. */
const sizeOf = ({ rows }: Document.Document) =>
  rows.filter(({ json, row }) => json !== undefined && row.kind === "many").length
const isBad = ({ rows }: Document.Document) => rows.some(({ json }) => json?.includes("bad"))

const times = { now: 5, horizon: 0, createdAt: 0 }

const run = (stored: Document.Document | undefined, patch: Patch.Patch, limit: number) => {
  let document = stored
  let attempt = Attempt.start(patch)
  let outcome: Outcome | undefined
  let writes = 0
  while ((outcome = Attempt.outcome(attempt)) === undefined) {
    const next = step(document, Attempt.next(attempt), times)
    if (next._tag !== "Write") {
      attempt = Attempt.after(attempt, next)
      continue
    }
    assert.isBelow(++writes, 500)
    const isLimit = sizeOf(next.document) > limit
    if (isLimit || isBad(next.document)) {
      attempt = Attempt.refused(attempt, { reason: isLimit ? "too many" : "bad", isLimit }, document)
    } else {
      document = next.document
      attempt = Attempt.written(attempt, next)
    }
  }
  const refusals = outcome._tag === "Refused" ? outcome.refusals : []
  return { document, outcome, writes, refused: refusals.map(({ rowKey }) => rowKey).toSorted(), refusals }
}

const textsOf = (document: Document.Document | undefined) =>
  new Map(document?.rows.flatMap(({ json, rowKey }) => (json === undefined ? [] : [[rowKey, json] as const])))

/** What must be left, told row by row: removals, changes and the root, then additions while there is room. */
const expected = (before: Document.Document | undefined, patch: Patch.Patch, limit: number) => {
  const left = new Map(textsOf(before))
  const refused: Array<string> = []
  const changes = [...patch.registers].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const isMany = (rowKey: string) => !rowKey.startsWith("LAST") && rowKey !== "DETAILS"
  const count = () => [...left.keys()].filter(isMany).length
  for (const [rowKey, { json }] of changes) if (json === undefined) left.delete(rowKey)
  for (const [rowKey, { json }] of changes) {
    if (json === undefined) continue
    const isAdded = !left.has(rowKey) && isMany(rowKey)
    if (json.includes("bad") || (isAdded && count() >= limit)) refused.push(rowKey)
    else left.set(rowKey, json)
  }
  return { left, refused: refused.toSorted() }
}

describe.each([
  ["a nested object each", plain],
  ["several nested objects", nested]
])("rows of %s", (_, shape) => {
  it.prop(
    "are refused where they are bad or too many, each by itself, and leave marks",
    [rows(2), rows(4), index(12)],
    ([first, second, limit]) => {
      const before = first.size === 0 ? undefined : run(undefined, patchOf(shape, 1, first), limit).document
      if (second.size === 0) return
      const patch = patchOf(shape, 2, second)
      const { document, refused, writes } = run(before, patch, limit)
      const { left, refused: mustRefuse } = expected(before, patch, limit)
      assert.deepStrictEqual(refused, mustRefuse)
      assert.deepStrictEqual(textsOf(document), left)
      const marks = document?.refused.map(({ rowKey }) => rowKey) ?? []
      for (const rowKey of mustRefuse) assert.include(marks, rowKey)
      assert.isAtMost(writes, 2 + 2 * (mustRefuse.length + 1) * Math.ceil(Math.log2(second.size + 1) + 1))
    },
    { arbitrary: { runs: 500 } }
  )
})

const many = (count: number, from = 0) =>
  new Map(Array.from({ length: count }, (_, i) => [String(i + from).padStart(5, "0"), `{"n":"1"}`] as const))

it("a thousand rows too many take as many writes as halving once", () => {
  const full = run(undefined, patchOf(plain, 1, new Map([["DETAILS", "{}"], ...many(3000)])), 3000)
  const { refused, writes } = run(full.document, patchOf(plain, 2, many(1000, 3000)), 3000)
  assert.lengthOf(refused, 1000)
  assert.isAtMost(writes, 15)
  const some = run(full.document, patchOf(plain, 2, many(1000, 3000)), 3333)
  assert.lengthOf(some.refused, 667)
  assert.isAtMost(some.writes, 25)
})

describe("a document that is refused as it is stored", () => {
  const stored = run(undefined, patchOf(plain, 1, new Map([["DETAILS", "{}"], ...many(6)])), 6).document
  const change = many(4)

  it("is said to be, once, and after few writes", () => {
    const { document, refusals, writes } = run(stored, patchOf(plain, 2, change), 5)
    assert.deepStrictEqual(
      refusals.map(({ rowKey }) => rowKey),
      [undefined]
    )
    assert.include(refusals[0]!.reason, "refused as it is stored")
    assert.isAtMost(writes, 5)
    assert.strictEqual(document, stored)
  })

  it("takes the removals that mend it, and then the rest", () => {
    const patch = patchOf(plain, 2, new Map([["00005", undefined], ...change, ["00009", `{"n":"1"}`]]))
    assert.deepStrictEqual(run(stored, patch, 5).refused, ["ITEM#00009"])
    assert.strictEqual(sizeOf(run(stored, patch, 5).document!), 5)
  })
})

it("a row refused again leaves its mark as it is, and writes nothing", () => {
  const patch = patchOf(
    plain,
    1,
    new Map([
      ["DETAILS", "{}"],
      ["1", `{"n":"bad"}`]
    ])
  )
  const first = run(undefined, patch, 5)
  assert.deepStrictEqual(first.document?.refused, [{ rowKey: "ITEM#1", version: Version.stream(1, "1"), refusedAt: 5 }])
  assert.strictEqual(run(first.document, patch, 5).document, first.document)
})
