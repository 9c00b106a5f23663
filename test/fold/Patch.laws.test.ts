/**
 * Patches are a commutative, associative, idempotent monoid, and applying them is its action on documents. Versions of
 * the generated patches tie most of the time, with different data under one version.
 */
import { assert, describe, it } from "@effect/vitest"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import * as Version from "../../src/Version.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Mark from "../../src/fold/Mark.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as source from "../../src/fold/source.ts"
import { eventOf } from "../../src/testing/events.ts"
import { patches, remove, schedules } from "../../src/testing/index.ts"
import { Basket, Order, User } from "../definitions.ts"

const few = { keyValues: ["1", "2"] }
const order = patches(Order, few)
const runs = { arbitrary: { runs: 300 } }

const sorted = <V>(entries: ReadonlyMap<string, V>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
const parts = ({ marks = Mark.none, registers }: Patch.Changes) => [sorted(registers), sorted(marks)]
const same = (a: Patch.Changes, b: Patch.Changes) => assert.deepStrictEqual(parts(a), parts(b))
const applied = (...all: ReadonlyArray<Patch.Patch>) =>
  all.reduce((document, patch) => Document.apply(document, patch), Document.empty(all[0]!))
const combined = (p: Patch.Patch, q: Patch.Patch): Patch.Patch => {
  const { marks, registers } = Patch.combine(p, q)
  return { ...p, registers, marks }
}

describe("combine", () => {
  it.prop("is commutative", [order, order], ([p, q]) => same(Patch.combine(p, q), Patch.combine(q, p)), runs)

  it.prop(
    "is associative",
    [order, order, order],
    ([p, q, r]) => same(Patch.combine(Patch.combine(p, q), r), Patch.combine(p, Patch.combine(q, r))),
    runs
  )

  it.prop("is idempotent, with the empty patch as identity", [order], ([p]) => {
    same(Patch.combine(p, p), p)
    same(Patch.combine(p, Patch.empty), p)
    same(Patch.combine(Patch.empty, p), p)
  })

  it.prop("leaves its arguments as they were", [order, order], ([p, q]) => {
    const before = [parts(p), parts(q)]
    Patch.combine(p, q)
    assert.deepStrictEqual([parts(p), parts(q)], before)
  })

  it.prop("is what the reducer does, from its initial value on", [order, order, order], (all) =>
    same(Patch.reducer.combineAll(all), all.reduce<Patch.Changes>(Patch.combine, Patch.empty))
  )
})

describe("fromEvents", () => {
  it.prop(
    "is the combination of each event's patch",
    [schedules([Order, User, Basket], { documents: 2 })],
    ([{ delivered }]) => {
      const one = new Map<string, Patch.Changes>()
      for (const event of delivered) {
        const [patch] = Patch.fromEvents([event])
        const key = `${event.shape.aggregate.name} ${event.id}`
        one.set(key, Patch.combine(one.get(key) ?? Patch.empty, patch!))
      }
      const all = Patch.fromEvents(delivered)
      assert.strictEqual(all.length, one.size)
      for (const patch of all) same(patch, one.get(`${patch.shape.aggregate.name} ${patch.id}`)!)
    }
  )

  it.prop("keeps a hint of inserts, whichever of two equal events came first", [order, order], ([p, q]) => {
    const back = ({ registers, shape }: Patch.Patch) =>
      [...registers].map(([rowKey, { isInsert, json, row, version }]) => ({
        ...eventOf(shape, row, { orderId: "1", n: "1", id: "1" }, json, { version, isInsert }),
        rowKey
      }))
    const events = [...back(p), ...back(q)]
    same(Patch.fromEvents(events)[0] ?? Patch.empty, Patch.fromEvents(events.toReversed())[0] ?? Patch.empty)
  })
})

describe("the hint that a row is new", () => {
  const key = { orderId: "1" }
  const at = (sequence: string, isInsert: boolean) =>
    remove(Order).root(key, { version: Version.stream(1, sequence), isInsert })
  const hint = (...events: ReadonlyArray<RowEvent>) => Patch.fromEvents(events)[0]!.registers.get("DETAILS")!.isInsert

  it("is kept where the row changed again, and where one event came twice", () => {
    for (const [a, b] of [
      ["1", "2"],
      ["1", "1"]
    ] as const) {
      for (const isFirst of [true, false]) {
        const events = [at(a, isFirst), at(b, !isFirst)]
        assert.isTrue(hint(...events))
        assert.isTrue(hint(...events.toReversed()))
      }
    }
    assert.isFalse(hint(at("1", false), at("2", false)))
  })
})

describe("apply", () => {
  it.prop(
    "of two patches is apply of their combination",
    [order, order, order],
    ([d, p, q]) => assert.deepStrictEqual(applied(d, p, q), applied(d, combined(p, q))),
    runs
  )

  it.prop(
    "commutes",
    [order, order, order],
    ([d, p, q]) => assert.deepStrictEqual(applied(d, p, q), applied(d, q, p)),
    runs
  )

  it.prop("of a patch that brings nothing new gives the very same document", [order, order], ([p, q]) => {
    const document = applied(p, q)
    assert.strictEqual(Document.apply(document, p), document)
    assert.strictEqual(Document.apply(document, { ...p, ...Patch.empty, marks: undefined }), document)
  })

  it.prop("changes neither the document nor the patch it is given", [order, order], ([p, q]) => {
    const document = applied(p)
    const before = structuredClone(document.rows.map(({ json, rowKey, version }) => ({ json, rowKey, version })))
    applied(p, q)
    Document.apply(document, q)
    assert.deepStrictEqual(
      document.rows.map(({ json, rowKey, version }) => ({ json, rowKey, version })),
      before
    )
  })
})

describe("marks", () => {
  /** Each row's newest register and newest refusal among patches, told by plain loops. */
  const newest = (all: ReadonlyArray<Patch.Patch>) => {
    const registers = new Map<string, Version.Version>()
    const marks = new Map<string, Version.Version>()
    const put = (into: Map<string, Version.Version>, key: string, version: Version.Version) => {
      const known = into.get(key)
      if (known === undefined || Version.compare(version, known) > 0) into.set(key, version)
    }
    for (const patch of all) {
      for (const [key, { version }] of patch.registers) put(registers, key, version)
      for (const [key, version] of patch.marks ?? []) put(marks, key, version)
    }
    return { registers, marks }
  }

  it.prop(
    "stand for the newest refusal of a row, where no register is as new",
    [order, order, order],
    (all) => {
      const { marks, registers } = newest(all)
      const expected = [...marks].filter(([key, version]) => {
        const register = registers.get(key)
        return register === undefined || Version.compare(register, version) < 0
      })
      const found = applied(...all).refused.map(({ rowKey, version }) => [rowKey, version])
      assert.deepStrictEqual(new Map(found as typeof expected), new Map(expected))
    },
    runs
  )

  it.prop(
    "change nothing that readers see, and no row",
    [order, order],
    ([p, q]) => {
      const bare = [p, q].map(({ id, longKey, registers, shape }) => ({ id, longKey, registers, shape }))
      const [marked, plain] = [applied(p, q), applied(...bare)]
      assert.deepStrictEqual(marked.rows, plain.rows)
      assert.deepStrictEqual(source.visible(marked), source.visible(plain))
      assert.strictEqual(Document.isLive(marked), Document.isLive(plain))
    },
    runs
  )
})
