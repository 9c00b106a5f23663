/** Everything that can be wrong with a definition: each fault has its sentence, and all are told at once. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import { problemsOf } from "../../src/define/problems.ts"
import type * as Row from "../../src/define/Row.ts"
import * as Table from "../../src/define/Table.ts"
import { table } from "../definitions.ts"

const S = Schema.String
const names = { partitionKey: "PK", sortKey: "SK", typeAttribute: undefined }
const alike = "things.rows (T#{id}, R#{n}) and things.others (T#{id}, R#{m}) take the same rows"
type Fields = { readonly [name: string]: Schema.Codec<any, any> }
const root = (fields: Fields = { id: S }, template = "X") => Aggregate.root(template, fields)
const part = (template: string, fields: Fields = { n: S }, options?: Row.Options) =>
  Aggregate.many(template, fields, options)
const make = (name: string, options: object): Aggregate.Any =>
  Aggregate.make(name, { key: "T#{id}", root: root(), ...options } as never) as Aggregate.Any
const problems = (...aggregates: ReadonlyArray<Aggregate.Any>) => problemsOf(names, aggregates)
const things = (options: object) => problems(make("things", options))

describe("one aggregate", () => {
  it.each<[string, object, string]>([
    ["a malformed key", { key: "T#{id" }, `key template "T#{id" has a brace without its pair`],
    ["a malformed part", { parts: { rows: part("R{}") } }, `key template "R{}" has a name without letters`],
    ["no key", { key: "" }, "its key has no partition key template"],
    [
      "a name twice in one template",
      { parts: { rows: part("R#{n}#{n}") } },
      `key template "R#{n}#{n}" uses one name twice`
    ],
    ["a part without a template", { parts: { rows: part("") } }, `part "rows" has no sort key template`],
    [
      "a part that runs on from a prefix",
      { key: ["T#{id}", "U#{u}"], root: Aggregate.root({ id: S }), parts: { rows: part("{n}") } },
      `part "rows": "{n}" must begin with text that ends the prefix "U#{u}"`
    ],
    [
      "a part that runs on from its outer row",
      { parts: { rows: Aggregate.many("R#{n}", { n: S }, { parts: { inner: part("{m}") } }) } },
      `part "rows.inner": "{m}" must begin with text that ends the prefix "R#{n}"`
    ],
    [
      "a part named like a field of its outer row",
      { parts: { rows: Aggregate.many("R#{n}", { n: S }, { parts: { n: part("#M#{m}") } as never }) } },
      `two fields of part "rows" are named "n"`
    ],
    [
      "a part inside a part that is no struct",
      { parts: { rows: Aggregate.many("R#{n}", { n: S }, { parts: { m: part("#M#{m}", Schema.Json as never) } }) } },
      `part "rows.m" is not a struct or class, nor a union of these: give a value the name of an attribute, { name: schema }`
    ],
    ["neither root nor parts", { root: undefined }, "it has neither a root nor parts"],
    [
      "a root without a template",
      { root: Aggregate.root({ id: S }) },
      "its root has no sort key template, but the table has a sortKey"
    ],
    [
      "a root with a template under a prefix",
      { key: ["T#{id}", "U"] },
      `its root is the row at the sort-key prefix itself, so it takes no template; "X" was given`
    ],
    [
      "a root that is no struct",
      { root: Aggregate.root("X", Schema.Record(S, S)) },
      "the root is not a struct or class, nor a union of these: give a value the name of an attribute, { name: schema }"
    ],
    [
      "a part that is no struct",
      { parts: { rows: Aggregate.many("R#{n}", Schema.Json as never) } },
      `part "rows" is not a struct or class, nor a union of these: give a value the name of an attribute, { name: schema }`
    ],
    ["a part named like a root's field", { parts: { id: part("R#{n}") } }, `two fields are named "id"`],
    [
      "a free map",
      { root: root({ id: S, place: Schema.Struct({ all: Schema.Record(S, S) }) }) },
      'field "place.all" of the root is a free map: annotate it with Mapping.flatObject, Mapping.stored or a mapping ' +
        "of your own (Mapping.field)"
    ],
    [
      "a mixed union in a part",
      { parts: { rows: part("R#{n}", { a: Schema.Union([S, Schema.Int]) }) } },
      'field "a" of part "rows" is a value of several types: annotate it with Mapping.flatObject, Mapping.stored or ' +
        "a mapping of your own (Mapping.field)"
    ],
    ["a blank name", { root: root({ " ": S }) }, `field " " has a blank name`],
    [
      "a name with a doubled dot",
      { root: root({ "a..b": S }) },
      `field "a..b" has a leading, trailing or doubled dot in its name`
    ],
    [
      "a name with a leading dot in a part",
      { parts: { rows: part("R#{n}", { ".a": S }) } },
      `field ".a" has a leading, trailing or doubled dot in its name`
    ],
    [
      "a bad name deep in a struct",
      { root: root({ a: Schema.Struct({ "b.": S }) }) },
      `field "b." has a leading, trailing or doubled dot in its name`
    ],
    [
      "a bad name in a list of structs",
      { root: root({ a: Schema.Array(Schema.Struct({ "": S })) }) },
      `field "" has a blank name`
    ],
    [
      "a bad name in an optional struct",
      {
        parts: { rows: part("R#{n}", { a: Schema.optionalKey(Schema.NullOr(Schema.Struct({ "b..c": S }))) as never }) }
      },
      `field "b..c" has a leading, trailing or doubled dot in its name`
    ],
    ["the sync state's name", { root: root({ _sync: S }) }, `field "_sync" is reserved for the sync state`],
    [
      "a name inside the sync state",
      { root: root({ "_sync.live": S }) },
      `field "_sync.live" lies inside another field by its dots`
    ],
    [
      "a name inside another by its dots",
      { root: root({ a: S, "a.b": S }) },
      `field "a.b" lies inside another field by its dots`
    ],
    [
      "a part's name inside a field by its dots",
      { root: root({ a: S }), parts: { "a.b": part("R#{n}") } },
      `field "a.b" lies inside another field by its dots`
    ],
    [
      "a name inside another by its dots, in a part",
      { parts: { rows: part("R#{n}", { a: S, "a.b": S }) } },
      `field "a.b" lies inside another field by its dots`
    ],
    [
      "rows of two kinds at one key",
      { parts: { rows: part("R#{n}"), others: part("R#{m}") } },
      `${alike}: tell them apart by a \`type\` or a \`where\``
    ],
    [
      "rows of two kinds at one key, of which one has no type",
      { parts: { rows: part("R#{n}", { n: S }, { type: { t: "a" } }), others: part("R#{m}") } },
      `${alike}: tell them apart by a \`type\` or a \`where\``
    ],
    [
      "rows of two kinds at one key and of one type",
      {
        parts: {
          rows: part("R#{n}", { n: S }, { type: { t: "a" } }),
          others: part("R#{m}", { n: S }, { type: { t: "a" } })
        }
      },
      `${alike}, also by their type`
    ],
    [
      "a type without its attribute",
      { parts: { rows: part("R#{n}", { n: S }, { type: "a" }) } },
      'the type "a" of part "rows" names no attribute: give the table\'s typeAttribute, or { attribute: … }'
    ],
    [
      "rows of two kinds at one key in which each takes more",
      { parts: { rows: part("R#{n}#LAST"), others: part("R#NEW#{m}") } },
      "the row T#a / R#NEW#LAST fits both things.rows (T#{id}, R#{n}#LAST) and things.others (T#{id}, R#NEW#{m}), " +
        "and each takes rows that the other does not: make one more specific, or let their texts differ"
    ]
  ])("%s", (_, options, sentence) => {
    const found = things(options)
    const expected = sentence.includes("things.rows (") ? sentence : `aggregate "things": ${sentence}`
    assert.include(found, expected)
    assert.strictEqual(found.length, 1, found.join("\n"))
  })

  it.each<[string, object]>([
    ["a root at the key itself", { root: root(undefined, "T#{id}") }],
    ["a part below the key itself", { root: root(undefined, "T#{id}"), parts: { rows: part("T#{id}#R#{n}") } }],
    ["a part that ends in the key", { root: root(undefined, "T#{id}"), parts: { rows: part("T#R#{id}") } }],
    ["a pair of one name", { key: ["T#{id}", "T#{id}"], root: Aggregate.root({ id: S }) }],
    [
      "parts after a prefix that name it again",
      { key: ["T#{id}", "U#{u}"], root: Aggregate.root({ id: S }), parts: { rows: part("#{id}#{u}") } }
    ]
  ])("a name may stand in several templates: %s", (_, options) => assert.deepStrictEqual(things(options), []))

  it.each<[string, object]>([
    ["a part that takes all but the root's row", { parts: { rows: part("{n}") } }],
    [
      "the key itself before others of its form",
      { root: root(undefined, "T#{id}"), parts: { rows: part("T#{other}") } }
    ],
    [
      "three levels side by side",
      { parts: { a: part("A#{a}"), b: part("A#{a}#B#{b}"), c: part("A#{a}#B#{b}#C#{c}") } }
    ],
    [
      "kinds of one key that a type tells apart",
      {
        parts: {
          a: part("{n}", { n: S }, { type: { t: "a" } }),
          b: part("{m}", { n: S }, { where: Schema.Struct({ b: S }) })
        }
      }
    ],
    ["a text before a name", { parts: { some: part("A#{a}#B#{b}"), rest: part("A#{a}#{rest}") } }]
  ])("the more specific template wins: %s", (_, options) => assert.deepStrictEqual(things(options), []))

  it("names all ambiguities at once", () => {
    const parts = { a: part("R#{n}#A"), b: part("R#B#{m}"), c: part("R#{n}A"), d: part("Q{n}"), e: part("Q{m}") }
    assert.strictEqual(things({ parts }).length, 4)
  })

  it("the adjacency list: each entity at its own key, edges to entities of another kind", () => {
    const at = (name: string, deadLetter: string, parts: object) =>
      make(name, { key: `${deadLetter}#{id}`, root: root(undefined, `${deadLetter}#{id}`), parts })
    const found = problems(
      at("invoices", "INVOICE", { bills: part("BILL#{bill}") }),
      at("bills", "BILL", { products: part("PRODUCT#{product}") })
    )
    assert.deepStrictEqual(found, [])
  })

  it.each("_id _index _source _routing _type _version _seq_no _primary_term _field_names _ignored _ttl".split(" "))(
    "case 17: a field named %s, by whatever declares it",
    (name) => {
      const sentence = `aggregate "things": field "${name}" is a metadata field of OpenSearch`
      assert.deepStrictEqual(things({ root: root({ [name]: S }) }), [sentence])
      assert.deepStrictEqual(things({ parts: { [name]: part("R#{n}") } }), [sentence])
      const derived = make("things", {}).pipe(Aggregate.derive({ [name]: S } as Fields, () => ({}) as never))
      assert.deepStrictEqual(problems(derived as Aggregate.Any), [sentence])
      assert.deepStrictEqual(things({ parts: { rows: part("R#{n}", { [name]: S }) } }), [])
    }
  )

  it.each(["Orders", "or ders", "a/b", "_a", "-a", "+a", ".", "..", "", "a*", "a,b", "a#b", "a:b", 'a"b'])(
    "the name %j",
    (name) => {
      const [found, ...others] = problems(make(name, {}))
      assert.include(found, "is no name OpenSearch takes for an index")
      assert.deepStrictEqual(others, [])
    }
  )

  it("a name that is too long", () => assert.include(problems(make("ä".repeat(101), {}))[0], "longer than 200 bytes"))

  it.each([{ id: S }, { total: S, other: S }])("a derived field named like another", (fields) => {
    const derived = make("things", { root: root({ id: S, total: S }) }).pipe(
      Aggregate.derive(fields as never, () => ({}) as never)
    )
    assert.deepStrictEqual(problems(derived as Aggregate.Any), [
      `aggregate "things": two fields are named "${Object.keys(fields)[0]}"`
    ])
  })
})

describe("a table", () => {
  const one = make("things", {})
  it.each<[string, ReadonlyArray<string>, string]>([
    ["no partition key", problemsOf({ ...names, partitionKey: " " }, [one]), "the table's partitionKey has no name"],
    [
      "one attribute as both keys",
      problemsOf({ ...names, sortKey: "PK" }, [one]),
      `partitionKey and sortKey are both "PK"`
    ],
    ["no aggregates", problemsOf(names, []), "the table has no aggregates"],
    [
      "two of one name",
      problemsOf(names, [one, make("things", { key: "U#{id}" })]),
      `two aggregates are named "things"`
    ],
    [
      "sort keys without one",
      problemsOf({ ...names, sortKey: undefined }, [one]),
      `aggregate "things": it uses sort keys, but the table has no sortKey`
    ]
  ])("%s", (_, found, sentence) => assert.deepStrictEqual(found, [sentence]))

  it("tells all of it in one error", () => {
    const bad = [make("Bad", { key: "T#{id", root: root({ _id: S, _sync: S }) }), make("Bad", { root: undefined })]
    try {
      Table.make({ partitionKey: "", sortKey: "SK", aggregates: bad as never })
      assert.fail("it was made")
    } catch (error) {
      if (!(error instanceof Table.DefinitionError)) throw error
      assert.strictEqual(error.problems.length, 8)
      for (const problem of error.problems) assert.include(error.message, problem)
    }
  })

  it("that is fine has none", () => assert.deepStrictEqual(problemsOf(names, table.aggregates), []))
})
