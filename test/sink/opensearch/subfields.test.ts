/** An index whose fields have more subfields than its definition names. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import { put } from "../../../src/testing/events.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"
import { searched } from "./searched.ts"

const order = (name: Schema.Codec<string, string>, more: Schema.Struct.Fields = {}) =>
  Aggregate.make("orders", {
    key: "ORDER#{id}",
    root: Aggregate.root("DETAILS", { name, ...more }),
    parts: { items: Aggregate.many("ITEM#{n}", { name }) }
  })
const words = order(Schema.String.annotate(Mapping.searchable))
const exact = order(Schema.String)
const more = order(Schema.String, { note: Schema.optionalKey(Schema.String) })

describeReal("an index of fields with words", ({ openSearchNode }) => {
  const prefix = `subfields${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, prefix))

  it.live("goes on where the definition names none any more, keeps them, and takes them back", () => {
    const { found, planned, write } = searched(openSearchNode, prefix)
    const rows = (aggregate: typeof words, id: string) => [
      put(aggregate).root({ id }, { name: "green tea" }),
      put(aggregate).items({ id, n: "1" }, { name: "green tea" })
    ]
    const all = { match: { "name.text": "tea" } }
    const items = { nested: { path: "items", query: { match: { "items.name.text": "tea" } } } }
    return Effect.gen(function* () {
      yield* write(...rows(words, "1"))
      assert.deepInclude(yield* planned(exact), { _tag: "InPlace", names: [], required: [] })
      yield* write(...rows(exact, "2"))
      assert.strictEqual((yield* planned(exact))._tag, "None")
      assert.deepStrictEqual(yield* found("orders", all), ["1", "2"])
      yield* write(...rows(words, "3"))
      assert.strictEqual((yield* planned(words))._tag, "None")
      yield* write(...rows(more as never, "4"))
      assert.deepStrictEqual(yield* found("orders", all), ["1", "2", "3", "4"])
      assert.deepStrictEqual(yield* found("orders", items), ["1", "2", "3", "4"])
      assert.strictEqual((yield* planned(words))._tag, "Outdated")
    })
  })
})
