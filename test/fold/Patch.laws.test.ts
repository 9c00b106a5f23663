/**
 * Patches are a commutative, associative, idempotent monoid, and applying them is its action on documents. Versions of
 * the generated patches tie most of the time, with different data under one version.
 */
import { assert, describe, it } from "@effect/vitest"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import * as Version from "../../src/decode/Version.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { eventOf } from "../../src/testing/events.ts"
import { patches, remove, schedules } from "../../src/testing/index.ts"
import { Basket, Order, User } from "../definitions.ts"

const few = { keyValues: ["1", "2"] }
const order = patches(Order, few)
const runs = { arbitrary: { runs: 300 } }

const sorted = (registers: Patch.Registers) => [...registers].sort(([a], [b]) => (a < b ? -1 : 1))
const same = (a: Patch.Registers, b: Patch.Registers) => assert.deepStrictEqual(sorted(a), sorted(b))
const registers = ({ registers }: Patch.Patch) => registers
const applied = (...all: ReadonlyArray<Patch.Patch>) =>
  all.reduce((document, patch) => Document.apply(document, patch), Document.empty(all[0]!))
const combined = (p: Patch.Patch, q: Patch.Patch): Patch.Patch => ({
  ...p,
  registers: Patch.combine(p.registers, q.registers)
})

describe("combine", () => {
  it.prop(
    "is commutative",
    [order, order],
    ([p, q]) => same(Patch.combine(p.registers, q.registers), Patch.combine(q.registers, p.registers)),
    runs
  )

  it.prop(
    "is associative",
    [order, order, order],
    ([p, q, r]) =>
      same(
        Patch.combine(Patch.combine(p.registers, q.registers), r.registers),
        Patch.combine(p.registers, Patch.combine(q.registers, r.registers))
      ),
    runs
  )

  it.prop("is idempotent, with the empty patch as identity", [order], ([p]) => {
    same(Patch.combine(p.registers, p.registers), p.registers)
    same(Patch.combine(p.registers, Patch.empty), p.registers)
    same(Patch.combine(Patch.empty, p.registers), p.registers)
  })

  it.prop("leaves its arguments as they were", [order, order], ([p, q]) => {
    const before = [sorted(p.registers), sorted(q.registers)]
    Patch.combine(p.registers, q.registers)
    assert.deepStrictEqual([sorted(p.registers), sorted(q.registers)], before)
  })

  it.prop("is what the reducer does, from its initial value on", [order, order, order], (all) =>
    same(Patch.reducer.combineAll(all.map(registers)), all.map(registers).reduce(Patch.combine, Patch.empty))
  )
})

describe("fromEvents", () => {
  it.prop(
    "is the combination of each event's patch",
    [schedules([Order, User, Basket], { documents: 2 })],
    ([{ delivered }]) => {
      const one = new Map<string, Patch.Registers>()
      for (const event of delivered) {
        const [patch] = Patch.fromEvents([event])
        const key = `${event.shape.aggregate.name} ${event.id}`
        one.set(key, Patch.combine(one.get(key) ?? Patch.empty, patch!.registers))
      }
      const all = Patch.fromEvents(delivered)
      assert.strictEqual(all.length, one.size)
      for (const patch of all) same(patch.registers, one.get(`${patch.shape.aggregate.name} ${patch.id}`)!)
    }
  )

  it.prop("keeps a hint of inserts, whichever of two equal events came first", [order, order], ([p, q]) => {
    const back = ({ registers, shape }: Patch.Patch) =>
      [...registers].map(([rowKey, { isInsert, json, row, version }]) => ({
        ...eventOf(shape, row, { orderId: "1", n: "1", id: "1" }, json, { version, isInsert }),
        rowKey
      }))
    const events = [...back(p), ...back(q)]
    same(
      Patch.fromEvents(events)[0]?.registers ?? Patch.empty,
      Patch.fromEvents(events.toReversed())[0]?.registers ?? Patch.empty
    )
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
    assert.strictEqual(Document.apply(document, { ...p, registers: Patch.empty }), document)
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
