/** Parts inside parts and hidden ones in a real OpenSearch: found by what one element holds, refused when they come. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import type { RowEvent } from "../../../src/decode/RowEvent.ts"
import { put } from "../../../src/testing/events.ts"
import { describeReal } from "../../servers/servers.ts"
import { ask, drop } from "../../whole/opensearch.ts"
import { outcomesOf } from "../outcomes.ts"

const text = Schema.String
const day = text.annotate(Mapping.date())
const Task = Aggregate.make("tasks", {
  key: "TASK#{t}",
  root: Aggregate.root("TASK", { title: text }),
  parts: {
    comments: Aggregate.many(
      "COMMENT#{c}",
      { body: text },
      { parts: { reactions: Aggregate.many("#REACTION#{u}", { user: text, emoji: text, at: day }) } }
    ),
    views: Aggregate.many("VIEW#{u}", { at: day }, { hidden: true })
  }
}).pipe(Aggregate.derive({ viewCount: Schema.Int }, ({ views }) => ({ viewCount: views.length })))

describeReal("parts inside parts", ({ openSearchNode }) => {
  const run = `nested${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, run))
  const layer = OpenSearchSink.layer({ nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix: run })
  const tags = (...events: ReadonlyArray<RowEvent>) =>
    Effect.map(Effect.provide(outcomesOf(Patch.fromEvents(events)), layer), (all) => all.map(({ _tag }) => _tag))
  const found = (conditions: object) =>
    Effect.promise(async () => {
      await ask(openSearchNode, "POST", `/${run}tasks/_refresh`)
      const inner = Object.entries(conditions).map(([name, value]) => ({
        term: { [`comments.reactions.${name}`]: value }
      }))
      const query = { nested: { path: "comments.reactions", query: { bool: { filter: inner } } } }
      const { text } = await ask(openSearchNode, "POST", `/${run}tasks/_search`, { query })
      return JSON.parse(text).hits.hits.map((hit: { readonly _source: object }) => hit._source)
    })
  const reaction = (c: string, user: string, emoji: string, at = "2026-08-01") =>
    put(Task).comments.reactions({ t: "1", c, u: user }, { user, emoji, at })

  it.live("are searched element by element, and wait unseen in no element", () =>
    Effect.gen(function* () {
      const view = put(Task).views({ t: "1", u: "ann" }, { at: "no day, and in no mapping" })
      const written = yield* tags(
        put(Task).root({ t: "1" }, { title: "tea" }),
        put(Task).comments({ t: "1", c: "1" }, { body: "hot" }),
        reaction("1", "ann", "+1"),
        reaction("1", "bob", "-1"),
        reaction("2", "eve", "+1"),
        view
      )
      assert.deepStrictEqual(written, ["Written"])
      const [one, ...others] = yield* found({ user: "ann", emoji: "+1" })
      const { _sync, ...fields } = one
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(fields, {
        title: "tea",
        comments: [
          {
            body: "hot",
            reactions: [
              { user: "ann", emoji: "+1", at: "2026-08-01" },
              { user: "bob", emoji: "-1", at: "2026-08-01" }
            ]
          }
        ],
        viewCount: 1
      })
      assert.deepStrictEqual(yield* found({ user: "ann", emoji: "-1" }), [])
      assert.deepStrictEqual(yield* found({ user: "eve" }), [])
      assert.deepStrictEqual(yield* tags(put(Task).comments({ t: "1", c: "2" }, { body: "cold" })), ["Written"])
      assert.lengthOf(yield* found({ user: "eve" }), 1)
    })
  )

  it.live("refuse a row when it comes, also where it waits for its outer row", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* tags(reaction("9", "ann", "+1", "no day")), ["Refused"])
      assert.deepStrictEqual(yield* tags(reaction("1", "ann", "+1", "no day")), ["Refused"])
    })
  )
})
