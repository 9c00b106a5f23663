import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { byId, DocumentSizes, someById } from "../../src/maintain/byId.ts"
import { Transport } from "../../src/sink/opensearch/Transport.ts"
import { withTimePassing } from "../simulate/withTimePassing.ts"

const answering = (docs: ReadonlyArray<object>) =>
  Effect.provideService(Transport, {
    node: "http://localhost",
    request: () => Effect.succeed({ status: 200, text: JSON.stringify({ docs }) })
  })

const there = { _id: "1", found: true, _source: { name: "Ada" } }

it.effect("gives the documents that are there", () =>
  Effect.gen(function* () {
    const found = yield* byId("orders", ["1", "2"], ["name"]).pipe(answering([there, { _id: "2", found: false }]))
    assert.deepStrictEqual([...found], [["1", { source: { name: "Ada" }, seqNo: 0, primaryTerm: 0 }]])
  })
)

it.effect.each([
  ["one can't be read", [there, { _id: "2", error: { type: "no_shard_available_action_exception" } }]],
  ["the answer is short", [there]]
] as const)("fails where %s, as it may be there, and says nothing of the rows", ([, docs]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(withTimePassing(byId("orders", ["1", "2"], ["name"]).pipe(answering(docs))))
    assert.strictEqual(error.reason._tag, "Unreachable")
    assert.match(error.message, /could not be read: (no_shard_available_action_exception|the answer is cut off)/)
    assert.notInclude(error.message, "Ada")
  })
)

it.effect(
  "asks for few whole documents before their size is known, and for as many as an answer has room for then",
  () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const ids = Array.from({ length: 300 }, (_, i) => String(i))
      const note = { small: "x".repeat(1000), large: "x".repeat(2_000_000) }
      const answers = (size: keyof typeof note) =>
        Effect.provideService(Transport, {
          node: "http://localhost",
          request: ({ body = "" }) => {
            const own = (JSON.parse(body) as { readonly ids: ReadonlyArray<string> }).ids
            asked.push(own.length)
            const docs = own.map((_id) => ({ _id, found: true, _source: { note: note[size] } }))
            return Effect.succeed({ status: 200, text: JSON.stringify({ docs }) })
          }
        })
      const sizes = new DocumentSizes()
      const some = Effect.map(someById("orders", ids, sizes), ({ count, found }) =>
        assert.strictEqual(found.size, count)
      )
      for (let i = 0; i < 6; i++) yield* some.pipe(answers("small"))
      for (let i = 0; i < 2; i++) yield* some.pipe(answers("large"))
      assert.deepStrictEqual(asked, [8, 16, 32, 64, 100, 100, 100, 2])
    })
)
