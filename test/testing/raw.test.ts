/** Rows as they stand in the table: drafts that `where` leaves out, legacy rows that the schema refuses. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Equal, Option, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Documents from "../../src/sink/Documents.ts"
import * as Sink from "../../src/sink/Sink.ts"
import { deliveries, document, put } from "../../src/testing/index.ts"

const Post = Aggregate.make("posts", {
  key: "POST#{postId}",
  root: Aggregate.root(
    "HEAD",
    { postId: Schema.String, title: Schema.String, at: Schema.DateTimeUtcFromString },
    { where: Schema.Struct({ state: Schema.Literal("published") }) }
  ),
  parts: { tags: Aggregate.many("TAG#{n}", { weight: Schema.Int }) }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Post] })

const key = { postId: "7" }
const published = { state: { S: "published" }, title: { S: "Tea" }, at: { S: "2026-01-01" } }
const draft = { state: { S: "draft" } }
const legacy = { ...published, title: { N: "1" } }

describe("a raw row", () => {
  it("is the row of the same fields, its key's names among them", () => {
    const at = Schema.decodeUnknownSync(Schema.DateTimeUtcFromString)("2026-01-01")
    const version = put(Post).root.raw(key, published).version
    const typed = put(Post).root(key, { postId: "7", title: "Tea", at }, { version })
    assert.deepStrictEqual(put(Post).root.raw(key, published, { version }), typed)
  })

  it("counts as removed where `where` does not take it", () => {
    assert.isUndefined(put(Post).root.raw(key, draft).json)
    assert.isUndefined(put(Post).root.raw(key, draft).refused)
    const events = [put(Post).root.raw(key, published), put(Post).root.raw(key, draft)]
    assert.isTrue(Option.isNone(document(Post, events)))
  })

  it("leaves its last state where it is refused, whichever comes first", () => {
    const refused = put(Post).root.raw(key, legacy)
    assert.strictEqual(refused.refused, 'field "title": Expected string, got N')
    const events = [put(Post).root.raw(key, published), put(Post).root.raw(key, legacy)]
    for (const delivered of [events, events.toReversed()]) {
      assert.strictEqual(Option.getOrThrow(document(Post, delivered)).title, "Tea")
      assert.deepStrictEqual([...Patch.fromEvents(delivered)[0]!.marks!.keys()], ["HEAD"])
    }
  })

  it.effect("that is refused fails `Pipeline.write` with the reason, and its neighbours are written", () =>
    Effect.gen(function* () {
      const events = [
        put(Post).root.raw(key, published),
        put(Post).root.raw(key, legacy),
        put(Post).tags({ ...key, n: "1" }, { weight: 3 })
      ]
      const failed = yield* Effect.flip(Pipeline.write(table, events))
      assert.strictEqual(failed.message, 'posts 7, root "HEAD": field "title": Expected string, got N')
      const found = Option.getOrThrow(yield* Documents.get(Post, key))
      assert.deepInclude(found, { title: "Tea", tags: [{ weight: 3 }] })
    }).pipe(Effect.provide(Sink.layerMemory))
  )
})

describe("deliveries with raw rows", () => {
  const histories = deliveries(Post, { raw: { root: [draft, legacy], tags: [{ weight: { S: "heavy" } }] } })

  it.prop("keep the law", [histories], ([{ delivered, inOrder }]) =>
    Equal.equals(document(Post, delivered), document(Post, inOrder))
  )

  it.effect("hold rows of each kind", () =>
    Effect.gen(function* () {
      const made = yield* Arbitrary.sampleEffect(histories, { count: 200 })
      const reasons = new Set(made.flatMap(({ inOrder }) => inOrder.flatMap(({ refused }) => refused ?? [])))
      assert.deepStrictEqual([...reasons].toSorted(), [
        'field "title": Expected string, got N',
        'field "weight": Expected number, got S'
      ])
      assert.isTrue(made.some(({ inOrder }) => inOrder.some(({ json }) => json !== undefined)))
    })
  )

  it("say in words what was refused", () => {
    const text = String(put(Post).root.raw(key, legacy))
    assert.include(text, 'posts 7: refuse root "HEAD": field "title": Expected string, got N @ ')
  })
})
