/** Which definitions may write a generation, and what is said of those that may not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Definition from "../../../src/define/Definition.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import * as Fit from "../../../src/sink/opensearch/fit.ts"
import type * as Row from "../../../src/define/Row.ts"
import type { Meta } from "../../../src/sink/opensearch/Meta.ts"
import * as State from "../../../src/sink/opensearch/State.ts"

const fields = { name: Schema.String, size: Schema.Int, place: Schema.Struct({ city: Schema.String }) }
const items = Aggregate.many("ITEM#{n}", { quantity: Schema.Int })

const order = (
  root: { readonly [name: string]: Schema.Codec<any, any> } = fields,
  options: {
    readonly key?: string
    readonly parts?: { readonly [name: string]: typeof items }
    readonly revision?: number
    readonly index?: Aggregate.IndexSettings
  } = {}
) => {
  const { key = "ORDER#{id}", parts = { items }, ...rest } = options
  return Definition.describe(
    Aggregate.make("orders", { key, root: Aggregate.root("DETAILS", root), parts, ...rest } as any) as Aggregate.Any
  )
}

const before = order()
const meta: Meta = {
  format: 1,
  hash: Definition.hash(before),
  description: JSON.parse(JSON.stringify(before)),
  writeAlias: "w",
  createdAt: 0
}
const state: State.State = { ...State.initial(meta, "uuid"), dropped: ["dropped"] }

const fit = (after: Definition.Description) => Fit.fit({ meta, state }, after, Definition.hash(after))

describe("fit", () => {
  it("takes the definition the generation was made for, in whatever order its fields stand", () => {
    const { name, place, size } = fields
    assert.strictEqual(fit(order({ place, size, name }))._tag, "Current")
  })
  it("takes one with another refresh interval, and one that was stored before there always was one", () => {
    const after = order(fields, { index: { refreshInterval: "200ms" } })
    assert.strictEqual(fit(after)._tag, "Current")
    const description = { ...before, settings: Definition.withoutRefreshInterval(before.settings) }
    const more = order({ ...fields, note: Schema.String })
    const stored = { ...meta, description: JSON.parse(JSON.stringify(description)) }
    assert.strictEqual(Fit.fit({ meta: stored, state }, more, Definition.hash(more))._tag, "Added")
  })
  it.each([
    ["a field", order({ ...fields, note: Schema.String }), ["note"]],
    [
      "a nested field",
      order({ ...fields, place: Schema.Struct({ city: Schema.String, zip: Schema.String }) }),
      ["place.zip"]
    ],
    [
      "a part",
      order(fields, { parts: { items, notes: Aggregate.many("NOTE#{n}", { text: Schema.String }) as any } }),
      ["notes"]
    ]
  ])("takes a definition that only adds %s", (_, after, names) => {
    const found = fit(after)
    assert.deepStrictEqual(found._tag === "Added" ? found.names : found, names)
  })

  it("takes a kind with the same keys and another type, and refuses one that would be asked before", () => {
    const made = (names: ReadonlyArray<string>, type: (name: string) => Row.Options) =>
      order(fields, {
        parts: Object.fromEntries(names.map((name) => [name, Aggregate.many("{n}", {}, type(name)) as any]))
      })
    const typed = (names: ReadonlyArray<string>) => made(names, (name) => ({ type: { t: name } }))
    const told = (names: ReadonlyArray<string>) =>
      made(names, (name) => ({ where: Schema.Struct({ t: Schema.Literal(name) }) }))
    const from = (before: Definition.Description, after: Definition.Description) => {
      const own = { ...meta, hash: Definition.hash(before), description: JSON.parse(JSON.stringify(before)) }
      return Fit.fit({ meta: own, state: State.initial(own, "uuid") }, after, Definition.hash(after))
    }
    assert.strictEqual(from(typed(["a"]), typed(["a", "b"]))._tag, "Added")
    assert.strictEqual(from(typed(["a"]), typed(["b", "a"]))._tag, "Added")
    assert.strictEqual(from(told(["a"]), told(["a", "b"]))._tag, "Added")
    assert.deepStrictEqual(from(told(["a"]), told(["b", "a"])), {
      _tag: "Differs",
      where: ['part "a" takes {n}, but for DETAILS, rows of "b", and took {n}, but for DETAILS']
    })
  })

  const optional = Schema.optionalKey(Schema.String)
  const part = (more: { readonly [name: string]: Schema.Codec<any, any> }) =>
    order(fields, { parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int, ...more }) as any } })
  it.each<[string, Definition.Description, ReadonlyArray<string>]>([
    ["required fields of root and part", part({ sku: Schema.String, at: Schema.Date }), ["items.at", "items.sku"]],
    ["a required field of the root", order({ ...fields, note: Schema.String }), ["note"]],
    ["an optional one", order({ ...fields, note: optional }), []],
    [
      "one with a default",
      order({ ...fields, note: optional.pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))) }),
      []
    ],
    ["names that the key gives", part({ n: Schema.String, id: Schema.String }), []],
    [
      "one inside another",
      order({ ...fields, place: Schema.Struct({ city: Schema.String, zip: Schema.String, to: optional }) }),
      ["place.zip"]
    ],
    [
      "one inside an optional one",
      order({ ...fields, to: Schema.optionalKey(Schema.Struct({ zip: Schema.String })) }),
      []
    ],
    [
      "required fields of rows of a new kind",
      order(fields, { parts: { items, notes: Aggregate.many("NOTE#{n}", { text: Schema.String }) as any } }),
      []
    ]
  ])("says which rows are refused from then on: %s", (_, after, required) => {
    const found = fit(after)
    if (found._tag !== "Added") return assert.fail(found._tag)
    assert.deepStrictEqual(found.required, required)
    const words = Fit.requiredInWords(found)
    if (required.length === 0) assert.isUndefined(words)
    else assert.include(words, `rows without ${required.join(", ")} are refused`)
  })
  it.each<[string, Definition.Description, string]>([
    [
      "a field's type",
      order({ ...fields, size: Schema.String }),
      'field "size": long → keyword (Mapping.long keeps it)'
    ],
    [
      "a nested field's type",
      order({ ...fields, place: Schema.Struct({ city: Schema.Int }) }),
      'field "place.city": keyword → long (Mapping.keyword keeps it)'
    ],
    [
      "a field that is not indexed any more",
      order({ ...fields, size: Schema.Json }),
      'field "size": long → not indexed (Mapping.long keeps it)'
    ],
    [
      "a struct that is not indexed any more",
      order({ ...fields, place: Schema.Json }),
      'field "place": object → not indexed'
    ],
    [
      "a field that becomes words",
      order({ ...fields, name: Schema.String.annotate(Mapping.searchable) }),
      'field "name": keyword → keyword with text (Mapping.keyword keeps it)'
    ],
    [
      "a parameter",
      order({ ...fields, name: Schema.String.annotate(Mapping.field({ type: "keyword", ignore_above: 9 })) }),
      'field "name": keyword ignore_above 8191 → keyword ignore_above 9 (Mapping.keyword keeps it)'
    ],
    ["a field that is gone", order({ name: Schema.String, size: Schema.Int }), 'field "place" is gone'],
    ["the key", order(fields, { key: "O#{id}" }), "the key template"],
    [
      "a part's key",
      order(fields, { parts: { items: Aggregate.many("I#{n}", { quantity: Schema.Int }) as any } }),
      'part "items" takes I#{n}, and took ITEM#{n}'
    ],
    [
      "the keys that a part takes, as another goes on after them",
      order(fields, { parts: { items, notes: Aggregate.many("ITEM#{n}#NOTE#{m}", {}) as any } }),
      'part "items" takes ITEM#{n} up to "#", and took ITEM#{n}'
    ],
    [
      "the keys that a part takes, as another is more specific",
      order(fields, { parts: { items, first: Aggregate.many("ITEM#1", {}) as any } }),
      'part "items" takes ITEM#{n}, but for ITEM#1, and took ITEM#{n}'
    ],
    [
      "a part's type",
      order(fields, {
        parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Int }, { type: { t: "a" } }) as any }
      }),
      'part "items"'
    ],
    [
      "a part's where",
      order(fields, {
        parts: {
          items: Aggregate.many(
            "ITEM#{n}",
            { quantity: Schema.Int },
            { where: Schema.Struct({ live: Schema.Literal(true) }) }
          )
        }
      }),
      'part "items"'
    ],
    ["the revision", order(fields, { revision: 1 }), "the revision"],
    ["the settings", order(fields, { index: { shards: 3 } }), "the index settings"]
  ])("does not take a change of %s", (_, after, where) => {
    const found = fit(after)
    assert.include(found._tag === "Differs" ? found.where : [], where)
  })
  it("takes a field without the subfields that it has, which stay, and the definition that names them again", () => {
    const words = order({ ...fields, name: Schema.String.annotate(Mapping.searchable) })
    const made = { ...meta, hash: Definition.hash(words), description: JSON.parse(JSON.stringify(words)) }
    const of = (state: State.State, after: Definition.Description) =>
      Fit.fit({ meta: made, state }, after, Definition.hash(after))
    const first = State.initial(made, "uuid")
    const added = { _tag: "Added", properties: before.properties, names: [], required: [] }
    assert.deepStrictEqual(of(first, before), added as never)
    const next = State.accept(made, first, before, Definition.hash(before))
    assert.strictEqual(of(next, before)._tag, "Current")
    assert.strictEqual(of(next, words)._tag, "Added")
    const more = order({ ...fields, note: Schema.String })
    const latest = State.accept(made, next, more, Definition.hash(more))
    assert.strictEqual(of(latest, words)._tag, "Superseded")
    const other = Mapping.field({
      ...before.properties["name"],
      fields: { text: { type: "text", analyzer: "english" } }
    })
    assert.deepStrictEqual(of(first, order({ ...fields, name: Schema.String.annotate(other) })), {
      _tag: "Differs",
      where: [
        'field "name": keyword with {"text":{"type":"text"}} → ' +
          'keyword with {"text":{"analyzer":"english","type":"text"}} (Mapping.searchable keeps it)'
      ]
    })
  })
  it("tells a writer whose definition was superseded, or dropped", () => {
    const after = order({ ...fields, note: Schema.String })
    const newer = State.accept(meta, state, after, Definition.hash(after))
    assert.strictEqual(Fit.fit({ meta, state: newer }, before, Definition.hash(before))._tag, "Superseded")
    assert.strictEqual(Fit.fit({ meta, state }, after, "dropped")._tag, "Dropped")
  })
})

describe("mappingProblem", () => {
  const { properties } = before
  it("finds nothing in the mapping itself, nor in one with more fields", () => {
    assert.isUndefined(Fit.mappingProblem(properties, { ...properties, more: { type: "long" } }))
  })
  it("takes the forms the server gives values back in", () => {
    const { _sync, ...rest } = properties
    assert.isUndefined(Fit.mappingProblem(properties, { ...rest, _sync: { ..._sync, dynamic: "false" } }))
  })
  it.each([
    [
      "an object for a nested part (case 50)",
      { ...properties, items: { properties: properties["items"]!["properties"] } },
      "items"
    ],
    ["another type", { ...properties, size: { type: "keyword" } }, "size"],
    ["a field that is missing", { ...properties, size: undefined as never }, "size"],
    ["another limit", { ...properties, name: { ...properties["name"], ignore_above: 256 } }, "name"]
  ])("names the field: %s", (_, actual, name) => {
    assert.include(Fit.mappingProblem(properties, actual) ?? "", `"${name}"`)
  })
  it("names a subfield that is missing, and takes one more", () => {
    const { properties: searchable } = order({ ...fields, name: Schema.String.annotate(Mapping.searchable) })
    assert.include(Fit.mappingProblem(searchable, properties) ?? "", '"name.text"')
    assert.isUndefined(Fit.mappingProblem(properties, searchable))
  })
})
