/** The store: what came is shown together, a new beginning forgets the old, histories are bounded. */
import { assert, describe, it } from "@effect/vitest"
import type { Change, Document, ServerMessage } from "../../../../src/console/messages.ts"
import { documentKey } from "../../../../src/console/page/state/knownDocuments.ts"
import * as Store from "../../../../src/console/page/state/store.ts"
import { definition } from "../fixture/definition.ts"
import * as World from "../fixture/World.ts"
import { row } from "../rows.ts"

/** A store whose frames are drawn when `draw` is called. */
const made = () => {
  const waiting: Array<() => void> = []
  const store = Store.make(
    (flush) => waiting.push(flush),
    () => 0
  )
  const draw = () => {
    const count = waiting.length
    for (const flush of waiting.splice(0)) flush()
    return count
  }
  return {
    store,
    draw,
    begin: (session = "a") =>
      World.make(
        session,
        () => {},
        () => 0
      )
        .beginning()
        .forEach(store.take)
  }
}

const rows = (...names: ReadonlyArray<string>): ServerMessage => ({
  _tag: "Rows",
  isFirst: false,
  isPart: false,
  rows: names.map((name) => row("P", name)),
  removed: []
})

const change = (number: number): Change => ({
  number,
  row: "",
  partition: "P",
  sort: String(number),
  event: "MODIFY",
  aggregate: null,
  id: null,
  field: null,
  at: 0,
  delay: null,
  isExact: false,
  outcome: { _tag: "Written" },
  from: "stream"
})

const document = (number: number | null, value: number, found: number | null = null): ServerMessage => ({
  _tag: "Documents",
  isFirst: false,
  isPart: false,
  documents: [
    { aggregate: "orders", id: "1", document: { value }, isThere: true, altered: [], change: number, at: 0, found }
  ] satisfies ReadonlyArray<Document>
})

describe("the store", () => {
  it("shows what came once for all of it", () => {
    const { begin, draw, store } = made()
    begin()
    draw()
    store.take(rows("2"))
    store.take(rows("1", "2"))
    store.take({ _tag: "Changes", changes: [change(1)] })
    assert.deepStrictEqual(store.table.rows.value, [])
    assert.strictEqual(draw(), 1)
    assert.deepStrictEqual(
      store.table.rows.value.map(({ sort }) => sort),
      ["1", "2"]
    )
    assert.strictEqual(store.changes.value.size(), 1)
  })

  it("tells what came as news from what was there", () => {
    const { begin, draw, store } = made()
    begin()
    store.take(rows("1"))
    draw()
    assert.strictEqual(store.table.cameAt(store.table.rows.value[0]!), 0)
    begin("b")
    draw()
    assert.deepStrictEqual(store.table.rows.value, [])
  })

  it("forgets changes and rows with a new start of the server", () => {
    const { begin, draw, store } = made()
    begin()
    store.take({ _tag: "Changes", changes: [change(1), change(2)] })
    store.take(rows("1"))
    draw()
    begin("b")
    draw()
    assert.strictEqual(store.changes.value.total(), 0)
    assert.strictEqual(store.table.rowOf("P 1"), undefined)
    assert.strictEqual(store.hello.value?.session, "b")
  })

  it("keeps the last changes alone", () => {
    const { begin, draw, store } = made()
    begin()
    const many = Store.changesMax + 7
    store.take({ _tag: "Changes", changes: Array.from({ length: many }, (_, i) => change(i)) })
    draw()
    const { at, size, total } = store.changes.value
    assert.deepStrictEqual(
      [size(), total(), at(0)?.number, at(size() - 1)?.number],
      [Store.changesMax, many, many - 1, 7]
    )
  })

  it("takes a change once that comes twice", () => {
    const { begin, store } = made()
    begin()
    store.take({ _tag: "Changes", changes: [change(1), change(2)] })
    store.take({ _tag: "Changes", changes: [change(2), change(3)] })
    assert.strictEqual(store.changes.value.total(), 3)
  })

  it("knows a document before its last change, which being found is not", () => {
    const { begin, store } = made()
    begin()
    store.take(document(null, 1))
    store.take(document(5, 2))
    store.take(document(5, 2, 40))
    assert.deepStrictEqual(store.known.previousOf(documentKey("orders", "1")), { value: 1 })
  })

  it("says what a saved definition changes", () => {
    const { begin, store } = made()
    begin()
    store.take({ ...definition, revision: 2, changes: ["orders: note is text now"] })
    assert.include(store.notices.value.at(-1)?.text, "orders: note is text now")
    store.dismiss(store.notices.value.at(-1)!.number)
    assert.strictEqual(store.notices.value.length, 0)
  })
})
