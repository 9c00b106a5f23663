/** An index's effective settings and mapping, as `GET /index` shows them in one form or another. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Definition from "../../../src/define/Definition.ts"
import { indexBody } from "../../../src/sink/opensearch/indexBody.ts"
import { identityOf, indexProblem, type Settings } from "../../../src/sink/opensearch/indexProblem.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{id}",
  root: Aggregate.root("DETAILS", { status: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { name: Schema.String }) }
})
const description = Definition.describe(Order)
const { mappings, settings } = indexBody(description, "orders")
const { properties } = description

/** A setting as an object, under a name with dots, and half of each; its value as a text and not. */
const forms = (name: string, value: unknown): ReadonlyArray<Settings> => {
  const [first, ...rest] = name.split(".")
  const nested = rest.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value)
  return [
    { [name]: value },
    { [name]: String(value) },
    { [first!]: nested },
    { [first!]: { [rest.join(".")]: String(value).toUpperCase() } }
  ]
}

describe("settings", () => {
  it.each([
    ["index.default_pipeline", "clean", /default_pipeline is "clean"/],
    ["index.final_pipeline", "clean", /final_pipeline is "clean"/],
    ["index.translog.durability", "async", /is async/],
    ["index.blocks.write", true, /blocks\.write is on/],
    ["index.blocks.read_only", true, /blocks\.read_only is on/],
    ["index.blocks.read", true, /blocks\.read is on/],
    ["index.blocks.metadata", true, /blocks\.metadata is on/],
    ["index.append_only.enabled", true, /append_only\.enabled is on/]
  ] as const)("%s %s is a problem in each form", (name, value, sentence) => {
    for (const form of forms(name, value)) assert.match(indexProblem(form, mappings, properties)!, sentence)
  })

  it.each([
    ["index.default_pipeline", "_none"],
    ["index.final_pipeline", "_none"],
    ["index.translog.durability", "request"],
    ["index.blocks.write", false],
    ["index.append_only.enabled", false],
    // A full disk: it passes.
    ["index.blocks.read_only_allow_delete", true],
    ["index.number_of_replicas", 2]
  ] as const)("%s %s is none", (name, value) => {
    for (const form of forms(name, value)) assert.isUndefined(indexProblem(form, mappings, properties))
  })

  it("an index as it is made has no problem, nor has one that says nothing", () => {
    assert.isUndefined(indexProblem(settings, mappings, properties))
    assert.isUndefined(indexProblem({}, { dynamic: "false", properties }, properties))
  })

  it("are no part of the definition where the package sets them itself", () =>
    assert.notMatch(JSON.stringify(description), /pipeline|durability|blocks/))
})

describe("a mapping", () => {
  const { _sync, items, status } = properties as any
  const withSync = (own: object) => ({ properties: { ...properties, _sync: { ..._sync, ...own } } })
  it.each<[string, object, RegExp]>([
    ["without _source", { _source: { enabled: false } }, /_source is off/],
    ["with excludes", { _source: { excludes: ["_sync"] } }, /_source has excludes/],
    ["with one exclude", { _source: { excludes: "_sync" } }, /_source has excludes/],
    ["with includes", { _source: { includes: ["status"] } }, /_source has includes/],
    ["with required routing", { _routing: { required: true } }, /_routing is required/],
    ["that is strict", { dynamic: "strict" }, /mapping is dynamic/],
    ["that is dynamic as nothing is said", { dynamic: undefined }, /mapping is dynamic/],
    ["with a strict sync state", withSync({ dynamic: "strict" }), /"_sync" is dynamic/],
    ["with a sync state that is not indexed", withSync({ enabled: false }), /"_sync" has enabled false/],
    [
      "with a flag that is not indexed",
      withSync({ properties: { ..._sync.properties, live: { type: "boolean", index: false } } }),
      /"_sync\.live" has index false/
    ],
    [
      "with a mapped sync state",
      withSync({ properties: { ..._sync.properties, f: { type: "date" } } }),
      /"_sync\.f" is mapped/
    ],
    ["with a copy", { properties: { ...properties, status: { ...status, copy_to: ["all"] } } }, /"status" is copied/],
    [
      "with a strict part",
      { properties: { ...properties, items: { ...items, dynamic: "strict" } } },
      /"items" is dynamic/
    ]
  ])("%s is a problem", (_, own, sentence) =>
    assert.match(indexProblem(settings, { ...mappings, ...own }, properties)!, sentence)
  )

  it("may have fields of kept rows that a newer definition is adding", () => {
    const kept = { properties: { root: { properties: { gift: { type: "keyword" } } } } }
    assert.isUndefined(
      indexProblem(settings, { ...mappings, ...withSync({ properties: { ..._sync.properties, kept } }) }, properties)
    )
  })

  it("may have fields beside, and what the definition says itself", () => {
    const own = {
      free: { type: "object", enabled: false },
      code: { type: "keyword", copy_to: ["status"], index: false }
    }
    const more = { ...properties, ...own, "@timestamp": { type: "date" } }
    assert.isUndefined(indexProblem(settings, { ...mappings, properties: more }, { ...properties, ...own }))
  })
})

describe("an index's identity", () => {
  const of = (uuid: string, history?: string) =>
    identityOf({ index: { uuid, ...(history === undefined ? {} : { history: { uuid: history } }) } })
  it("changes when it is made anew, and when a snapshot is restored over it", () => {
    assert.strictEqual(of("a", "h"), identityOf({ "index.uuid": "a", "index.history.uuid": "h" }))
    assert.strictEqual(new Set([of("a"), of("b"), of("a", "h"), of("a", "i")]).size, 4)
  })
})
