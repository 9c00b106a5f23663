/**
 * The invariant: a document is a function of the rows that the table holds now. Whatever the order, the number and the
 * grouping of deliveries, on however many lanes, the documents are those that the oracle tells from the final rows.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option } from "effect"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import type * as Aggregate from "../../src/define/Aggregate.ts"
import { changes, happen } from "../../src/testing/deliveries.ts"
import { deliveries, document, epochs, schedules } from "../../src/testing/index.ts"
import { Basket, Ledger, Order, Payment, Task, Thread, User } from "../definitions.ts"
import { folded, rendered, reread, seen, write } from "./fold.ts"
import { documentsOf } from "./oracle.ts"
import { often } from "../often.ts"

const options = { arbitrary: { runs: often(150) } }
const odd = ["1", "10", "9", ".", "a..b", " ", "__proto__", "\u0000", "\u{1f375}", "\uffee"]

const agrees = (batches: ReadonlyArray<ReadonlyArray<RowEvent>>, inOrder: ReadonlyArray<RowEvent>) =>
  assert.deepStrictEqual(seen(folded(batches)), new Map(documentsOf(inOrder)))

/** So many events on so few keys that rows meet inside rows. */
const dense = (aggregate: Aggregate.Any) =>
  Arbitrary.map(Arbitrary.array(changes([aggregate], { keyValues: ["2", "10"] }), { minLength: 30 }), happen)

describe.each([Order, User, Basket, Ledger, Task, Thread, Payment])("$name", (aggregate) => {
  it.prop(
    "are the oracle's, delivered in order, one event at a time",
    [deliveries(aggregate)],
    ([{ inOrder }]) => {
      agrees(
        inOrder.map((event) => [event]),
        inOrder
      )
    },
    options
  )

  it.prop(
    "are the oracle's, shuffled and repeated, in one batch",
    [deliveries(aggregate)],
    ([{ delivered, inOrder }]) => {
      assert.deepStrictEqual(sortedEntries(seen(folded([delivered]))), sortedEntries(documentsOf(inOrder)))
    },
    options
  )

  it.prop(
    "are the oracle's, of many events on few keys",
    [dense(aggregate)],
    ([inOrder]) => {
      const document = folded([inOrder.toReversed()])
      assert.deepStrictEqual(seen(document), documentsOf(inOrder))
      for (const one of document.values()) assert.deepStrictEqual(reread(one), one)
    },
    options
  )

  it.prop(
    "have the same bytes whatever the way",
    [schedules([aggregate], { keyValues: odd, documents: 2 })],
    ([{ delivered, inOrder, lanes }]) => {
      const straight = sortedEntries(rendered(folded([inOrder])))
      assert.deepStrictEqual(sortedEntries(rendered(folded([delivered]))), straight)
      assert.deepStrictEqual(sortedEntries(rendered(folded(lanes.flat()))), straight)
      assert.deepStrictEqual(sortedEntries(rendered(folded(interleaved(lanes)))), straight)
    },
    options
  )

  it.prop(
    "are the oracle's over several streams and scans",
    [epochs(aggregate)],
    ([{ delivered, inOrder }]) => {
      assert.deepStrictEqual(
        sortedEntries(seen(folded(delivered.map((event) => [event])))),
        sortedEntries(documentsOf(inOrder))
      )
    },
    options
  )
})

it.prop(
  "documents of several aggregates do not touch each other",
  [schedules([Order, User, Basket], { documents: 2 })],
  ([{ inOrder, lanes }]) => {
    assert.deepStrictEqual(sortedEntries(seen(folded(interleaved(lanes)))), sortedEntries(documentsOf(inOrder)))
  },
  options
)

it.prop(
  "a document stored and read back between any two batches stays the same",
  [schedules([Ledger, Task], { keyValues: odd })],
  ([{ inOrder, lanes }]) => {
    const kept = folded([])
    for (const batch of interleaved(lanes)) {
      write(kept, batch)
      for (const [key, document] of kept) kept.set(key, reread(document))
    }
    assert.deepStrictEqual(sortedEntries(rendered(kept)), sortedEntries(rendered(folded([inOrder]))))
  },
  options
)

it.prop(
  "`document` of tablefold/testing gives what the oracle gives",
  [deliveries(User)],
  ([{ delivered, inOrder }]) => {
    const [expected] = documentsOf(inOrder).values()
    assert.deepStrictEqual(Option.getOrUndefined(document(User, delivered)), expected as typeof User.Type | undefined)
  }
)

/** Two writers that read before either writes: the later one must read again, as a conditional write makes it do. */
const interleaved = (lanes: ReadonlyArray<ReadonlyArray<ReadonlyArray<RowEvent>>>) => {
  const longest = Math.max(0, ...lanes.map((lane) => lane.length))
  return Array.from({ length: longest }, (_, i) =>
    lanes.flatMap((lane) => (lane[i] === undefined ? [] : [lane[i]]))
  ).flat()
}

const sortedEntries = <V>(map: Map<string, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
