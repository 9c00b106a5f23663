/** Patches against a server that takes no more than so many rows of a kind in a document, and no row that is bad. */
import { assert } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Version from "../../src/Version.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Shape from "../../src/define/Shape.ts"
import type * as Document from "../../src/fold/Document.ts"
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
export const plain = made(Schema.optionalKey(Schema.String))
/** Rows that may be several nested objects each, so that one refused says nothing of the others. */
export const nested = made(Schema.optionalKey(Schema.Json.annotate(Mapping.field({ type: "nested" }))))

const key = (n: string) => (n.startsWith("N") ? "notes" : n.startsWith("L") ? "last" : n === "DETAILS" ? "" : "items")
export const patchOf = (
  shape: Shape.Shape,
  sequence: number,
  rows: ReadonlyMap<string, string | undefined>
): Patch.Patch => {
  const [patch] = Patch.fromEvents(
    [...rows].map(([n, json]) => {
      const row = shape.rows.find(({ field }) => field === key(n))!
      return eventOf(shape, row, { id: "1", n }, json, { version: Version.stream(1, String(sequence)) })
    })
  )
  return patch!
}

const names = ["DETAILS", ...Array.from({ length: 8 }, (_, i) => [`${i}`, `N${i}`]).flat(), "L1"]
export const rows = (bad: number) =>
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
export const sizeOf = ({ rows }: Document.Document) =>
  rows.filter(({ json, row }) => json !== undefined && row.kind === "many").length
const isBad = ({ rows }: Document.Document) => rows.some(({ json }) => json?.includes("bad"))

const times = { now: 5, horizon: 0, createdAt: 0 }

/** Goes on with an attempt until it is through, or has written so often. */
export const tryOnce = (
  stored: Document.Document | undefined,
  from: Attempt.Attempt,
  limit: number,
  writesMax: number
) => {
  let document = stored
  let attempt = from
  let outcome: Outcome | undefined
  let writes = 0
  while ((outcome = Attempt.outcome(attempt)) === undefined) {
    const next = step(document, Attempt.next(attempt), times)
    if (next._tag !== "Write") {
      attempt = Attempt.after(attempt, next)
      continue
    }
    if (writes++ === writesMax) return { attempt, document, writes: writesMax, outcome: Attempt.unsettled(attempt, "") }
    const isLimit = sizeOf(next.document) > limit
    if (isLimit || isBad(next.document)) {
      attempt = Attempt.refused(attempt, { reason: isLimit ? "too many" : "bad", isLimit }, document)
    } else {
      document = next.document
      attempt = Attempt.written(attempt, next)
    }
  }
  return { attempt, document, writes, outcome }
}

export const run = (stored: Document.Document | undefined, patch: Patch.Patch, limit: number) => {
  const { document, outcome, writes } = tryOnce(stored, Attempt.start(patch), limit, 500)
  assert.notStrictEqual(outcome._tag, "Unsettled")
  const refusals = outcome._tag === "Refused" ? outcome.refusals : []
  return { document, outcome, writes, refused: refusals.map(({ rowKey }) => rowKey).toSorted(), refusals }
}

export const textsOf = (document: Document.Document | undefined) =>
  new Map(document?.rows.flatMap(({ json, rowKey }) => (json === undefined ? [] : [[rowKey, json] as const])))

/** What must be left, told row by row: removals, changes and the root, then additions while there is room. */
export const expected = (before: Document.Document | undefined, patch: Patch.Patch, limit: number) => {
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

export const many = (count: number, from = 0) =>
  new Map(Array.from({ length: count }, (_, i) => [String(i + from).padStart(5, "0"), `{"n":"1"}`] as const))
