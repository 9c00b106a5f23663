/** A document that can't be read is not one that is not there. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Shape from "../../../src/define/Shape.ts"
import { fetchDocuments } from "../../../src/sink/opensearch/fetch.ts"
import { Transport } from "../../../src/sink/opensearch/Transport.ts"
import { Order } from "../../definitions.ts"

const there = { _id: "1", found: true, _source: { customerName: "Ada" } }

it.effect.each([
  [
    "one can't be read",
    [there, { _id: "2", error: { type: "no_shard_available_action_exception" } }],
    "Unreachable",
    /could not read a document: no_shard_available_action_exception/
  ],
  ["the answer is short", [there], "Unreachable", /answered a read with an answer that is cut off/],
  [
    "the index is gone",
    [there, { _id: "2", error: { type: "index_not_found_exception" } }],
    "IndexMissing",
    /orders-000001-write/
  ]
] as const)("fails where %s, and says nothing of the rows", ([, docs, tag, message]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(fetchDocuments(Shape.of(Order), "orders-000001-write", ["1", "2"]))
    assert.strictEqual(error.reason._tag, tag)
    assert.match(error.message, message)
    assert.notInclude(error.message, "Ada")
  }).pipe(
    Effect.provideService(Transport, {
      node: "http://localhost",
      request: () => Effect.succeed({ status: 200, text: JSON.stringify({ docs }) })
    })
  )
)
