/** The definition's hash: the same for the same documents, another where documents or their index would differ. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as Mapping from "../../src/define/Mapping.ts"

const S = Schema.String
const base = {
  key: "T#{id}",
  root: Aggregate.root("X", { a: S, b: Schema.Int }),
  parts: { rows: Aggregate.many("R#{n}", { c: S }), last: Aggregate.one("L#{n}", { d: S }) },
  index: { shards: 2, replicas: 1, refreshInterval: "5s", analysis: { analyzer: { x: { type: "standard" } } } },
  revision: 1
}
const hash = (options: object): string =>
  Definition.hash(Definition.describe(Aggregate.make("things", { ...base, ...options } as never)))

describe("is the same", () => {
  it.each<[string, object]>([
    ["for another order of the root's fields", { root: Aggregate.root("X", { b: Schema.Int, a: S }) }],
    ["for another order of the parts", { parts: { last: base.parts.last, rows: base.parts.rows } }],
    ["for a field that is optional", { root: Aggregate.root("X", { a: S, b: Schema.optionalKey(Schema.Int) }) }],
    [
      "for a check that indexes nothing else",
      { root: Aggregate.root("X", { a: S.check(Schema.isMaxLength(5)), b: Schema.Int }) }
    ],
    ["for another refresh interval", { index: { ...base.index, refreshInterval: "200ms" } }],
    ["when it is made again", {}]
  ])("%s", (_, options) => assert.strictEqual(hash(options), hash({})))

  it("for another mapping of the sync state, and other limits", () => {
    const description = Definition.describe(Aggregate.make("things", base as never))
    const index = { ...description.settings["index"], "mapping.total_fields.limit": 2000 }
    const other = { ...description, properties: { ...description.properties, _sync: { type: "object" } } }
    const settings = { ...description.settings, index }
    assert.strictEqual(Definition.hash({ ...other, settings }), Definition.hash(description))
  })

  it("for one `where` written twice", () => {
    const where = () => ({ where: Schema.Struct({ state: Schema.Literal("out") }) })
    const once = () => hash({ root: Aggregate.root("X", { a: S, b: Schema.Int }, where()) })
    assert.strictEqual(once(), once())
  })
})

describe("is another one", () => {
  const root = (fields: object, template = "X", options?: object) => ({
    root: Aggregate.root(template, fields as never, options as never)
  })
  const where = (state: string) => ({ where: Schema.Struct({ state: Schema.Literal(state) }) })
  it.each<[string, object]>([
    ["for another key", { key: "T2#{id}" }],
    ["for another name in the key", { key: "T#{other}" }],
    ["for a pair of keys", { key: ["T#{id}", "U"], root: Aggregate.root({ a: S, b: Schema.Int }) }],
    ["for another sort key of the root", root({ a: S, b: Schema.Int }, "Y")],
    ["for another sort key of a part", { parts: { ...base.parts, rows: Aggregate.many("Q#{n}", { c: S }) } }],
    ["for a field more", root({ a: S, b: Schema.Int, c: S })],
    ["for a field less", root({ a: S })],
    ["for another type", root({ a: S, b: Schema.BigInt })],
    ["for another mapping", root({ a: S.annotate(Mapping.text), b: Schema.Int })],
    [
      "for another attribute behind a field",
      { root: Aggregate.root("X", Schema.Struct({ a: S, b: Schema.Int }).pipe(Schema.encodeKeys({ a: "A" }))) }
    ],
    [
      "for a sort key that goes on after a part's",
      { parts: { ...base.parts, deep: Aggregate.many("R#{n}#S#{m}", {}) } }
    ],
    ["for one where there were many", { parts: { ...base.parts, rows: Aggregate.one("R#{n}", { c: S }) } }],
    [
      "for a part inside a part",
      { parts: { ...base.parts, rows: Aggregate.many("R#{n}", { c: S }, { parts: { m: Aggregate.one("#M", {}) } }) } }
    ],
    [
      "for a part that readers do not see",
      { parts: { ...base.parts, rows: Aggregate.many("R#{n}", { c: S }, { hidden: true }) } }
    ],
    ["without a root", { root: undefined }],
    ["for a `where`", root({ a: S, b: Schema.Int }, "X", where("out"))],
    ["for another number of shards", { index: { ...base.index, shards: 3 } }],
    ["for another analysis", { index: { ...base.index, analysis: {} } }],
    ["for another revision", { revision: 2 }]
  ])("%s", (_, options) => assert.notStrictEqual(hash(options), hash({})))

  it("for another `where`", () => {
    const of = (state: string) => hash(root({ a: S, b: Schema.Int }, "X", where(state)))
    assert.notStrictEqual(of("out"), of("in"))
  })

  it("for a derived field", () => {
    const plain = Aggregate.make("things", base)
    const derived = plain.pipe(Aggregate.derive({ sum: Schema.Finite }, () => ({ sum: 1 })))
    assert.notStrictEqual(Definition.hash(Definition.describe(derived)), Definition.hash(Definition.describe(plain)))
  })
})

it("an index refreshes itself each second unless the definition says otherwise", () => {
  const { index: _, ...plain } = base
  const intervalOf = (options: object) =>
    Definition.refreshIntervalOf(Definition.describe(Aggregate.make("t", options as never)))
  assert.strictEqual(intervalOf(plain), "1s")
  assert.strictEqual(intervalOf(base), "5s")
})

it("a `where` with a check of the user's own has a hash as well", () => {
  const where = Schema.Struct({ n: Schema.Int.check(Schema.makeFilter((n) => n > 1)) })
  assert.match(hash({ root: Aggregate.root("X", { a: S, b: Schema.Int }, { where }) }), /^[0-9a-f]{16}$/)
})

it("canonical JSON sorts names, at every depth, and leaves lists alone", () =>
  assert.strictEqual(
    Definition.canonical({ b: [{ d: 1, c: undefined }, null], a: "x" }),
    `{"a":"x","b":[{"c":null,"d":1},null]}`
  ))

describe("the mapping", () => {
  const string = Mapping.ofSchema(S)
  const inner = Aggregate.one("#I{i}", { y: S }, { parts: { deep: Aggregate.many("#D{d}", { z: S }) } })
  const parts = { rows: Aggregate.many("R#{n}", { x: S }, { parts: { inner } }) }
  const Nested = Aggregate.make("nested", { key: "T#{id}", parts })

  it("has parts inside parts in their places, and those that wait in a list for each depth", () => {
    const deep = { type: "nested", properties: { z: string } }
    const { _sync, ...fields } = Definition.properties(Nested)
    assert.deepStrictEqual(fields, {
      rows: { type: "nested", properties: { x: string, inner: { properties: { y: string, deep } } } }
    })
    assert.deepStrictEqual(_sync!["properties"], {
      live: { type: "boolean" },
      kept: {
        properties: {
          parts: { properties: { rows: { type: "nested", properties: { x: string } } } },
          parts2: {
            properties: { rows: { properties: { inner: { type: "nested", properties: { y: string } } } } }
          },
          parts3: { properties: { rows: { properties: { inner: { properties: { deep } } } } } }
        }
      }
    })
  })

  it("has no hidden part, nor what is inside one", () => {
    const hidden = Aggregate.many("H#{n}", { x: S }, { hidden: true, parts: { inner } })
    const Hidden = Aggregate.make("nested", { key: "T#{id}", parts: { ...parts, hidden } })
    assert.deepStrictEqual(Definition.properties(Hidden), Definition.properties(Nested))
  })

  it("has the fields of all alternatives, and requires what each of them requires", () => {
    const { root, rows } = { root: base.parts.rows.schema, rows: Schema.Struct({ d: S, c: S, "o.p": Schema.Int }) }
    const Either = Aggregate.make("either", {
      key: "T#{id}",
      root: Aggregate.root("X", Schema.Union([root, Schema.Union([rows, Schema.Struct({ c: S, "o.q": S })])]))
    })
    const { _sync, ...fields } = Definition.properties(Either)
    const o = { properties: { p: { type: "long" }, q: string } }
    assert.deepStrictEqual(fields, { c: string, d: string, o })
    const described = Definition.describe(Either).rows[""]!
    assert.deepStrictEqual(described.attributes, ["c", "d", "o.p", "o.q"])
    assert.deepStrictEqual(described.required, ["c"])
  })

  it("may be deeper than OpenSearch's own limit", () => {
    const depth = (levels: number): Aggregate.Any["parts"] =>
      levels === 0 ? {} : { a: Aggregate.one("#A", {}, { parts: depth(levels - 1) }) }
    const limit = (levels: number) => {
      const { settings } = Definition.describe(Aggregate.make("deep", { key: "T#{id}", parts: depth(levels) }))
      return settings["index"]!["mapping.depth.limit"]
    }
    assert.isUndefined(limit(10))
    assert.strictEqual(limit(30), 40)
  })
})
