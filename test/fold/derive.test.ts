/**
 * Derived fields that can't be computed: the document is all there but for them and those of the steps after them, says
 * so, and none of it holds what a row holds.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as reading from "../../src/define/reading.ts"
import * as source from "../../src/fold/source.ts"
import { eventOf } from "../../src/testing/events.ts"

const things = (compute: (document: any) => any, schema: Schema.Codec<any, any> = Schema.Finite) =>
  Aggregate.make("things", {
    key: "T#{id}",
    root: Aggregate.root("X", { name: Schema.String }),
    parts: { rows: Aggregate.many("R#{n}", { n: Schema.String }) }
  }).pipe(Aggregate.derive({ sum: schema }, compute))

/** The document of rows as they are stored, by their fields: "" for the root. */
const stored = (aggregate: Aggregate.Any, ...rows: ReadonlyArray<readonly [field: string, json: string]>) => {
  const shape = Shape.of(aggregate)
  const [patch] = Patch.fromEvents(
    rows.map(([field, json], i) =>
      eventOf(
        shape,
        shape.rows.find((row) => row.field === field)!,
        { id: "1", n: String(i) },
        json,
        {}
      )
    )
  )
  return Document.apply(Document.empty(patch!), patch!)
}
const rendered = (aggregate: Aggregate.Any, json = `{"name":"SECRET"}`) => {
  const { notComputed, text } = source.render(stored(aggregate, ["", json]))
  const { _sync, ...fields } = JSON.parse(text)
  return { notComputed, fields, marked: _sync.notComputed, text }
}

const failing: ReadonlyArray<readonly [string, (document: any) => unknown]> = [
  [
    "a function that throws",
    ({ name }) => {
      throw new RangeError(name)
    }
  ],
  [
    "one that throws no error",
    ({ name }) => {
      throw name
    }
  ],
  ["NaN", () => ({ sum: Number.NaN })],
  ["Infinity", () => ({ sum: Number.POSITIVE_INFINITY })],
  ["NaN under a name that is data", ({ name }) => ({ sum: 1, [name]: Number.NaN })],
  ["another type", ({ name }) => ({ sum: name })],
  ["a field too few", () => ({})],
  ["no object", () => undefined],
  ["a promise", () => Promise.resolve({ sum: 1 })]
]

describe("a document whose derived field can't be computed", () => {
  it.each(failing)("is written without it: %s", (_, compute) => {
    const { fields, marked, notComputed } = rendered(things(compute))
    assert.deepStrictEqual(fields, { name: "SECRET", rows: [] })
    assert.deepStrictEqual(marked, notComputed)
    assert.deepStrictEqual(notComputed?.fields, ["sum"])
    assert.include(notComputed!.reason, "sum")
    assert.notInclude(notComputed!.reason, "SECRET")
  })

  it.each(failing)("goes without what later steps derive too, and not without what earlier ones did: %s", (_, f) => {
    const aggregate = Aggregate.make("things", {
      key: "T#{id}",
      root: Aggregate.root("X", { name: Schema.String })
    }).pipe(
      Aggregate.derive({ before: Schema.Finite }, () => ({ before: 1 })),
      Aggregate.derive({ sum: Schema.Finite }, f as never),
      Aggregate.derive({ after: Schema.Finite, last: Schema.Finite }, () => ({ after: 2, last: 3 }))
    )
    const { fields, notComputed } = rendered(aggregate)
    assert.deepStrictEqual(fields, { name: "SECRET", before: 1 })
    assert.deepStrictEqual(notComputed?.fields, ["sum", "after", "last"])
  })

  it("has them again as soon as its rows make them, and the mark goes", () => {
    const aggregate = things(({ name }) => ({ sum: name === "SECRET" ? Number.NaN : 1 }))
    assert.isDefined(rendered(aggregate).notComputed)
    const { fields, marked } = rendered(aggregate, `{"name":"Ada"}`)
    assert.deepStrictEqual([fields, marked], [{ name: "Ada", rows: [], sum: 1 }, undefined])
  })

  it("is read back as it is, and written again with the same bytes", () => {
    const aggregate = things(() => ({ sum: Number.NaN }))
    const { text } = rendered(aggregate)
    const document = Result.getOrThrow(source.parse(Shape.of(aggregate), "1", JSON.parse(text)))
    assert.strictEqual(source.render(document).text, text)
  })

  it("may be one that readers don't see: nothing is computed of it", () => {
    const aggregate = things(() => {
      throw new Error("asked")
    })
    assert.isUndefined(source.render(stored(aggregate, ["rows", `{"n":"1"}`])).notComputed)
  })
})

describe("a stored row that the newest schema does not take", () => {
  const strict = (schema: Schema.Codec<any, any>, more: Aggregate.Any["root"] = undefined) =>
    Aggregate.make("things", {
      key: "T#{id}",
      root: more ?? Aggregate.root("X", { name: Schema.String }),
      parts: { rows: Aggregate.many("R#{n}", { n: schema }), last: Aggregate.one("L#{n}", { n: schema }) }
    }).pipe(Aggregate.derive({ count: Schema.Int }, (document: any) => ({ count: document.rows.length })))

  const throwing = Schema.String.check(
    Schema.makeFilter((text: string) => {
      throw new Error(text)
    })
  )

  it.each<[string, Schema.Codec<any, any>]>([
    ["another type", Schema.Finite],
    ["a check that got stricter", Schema.String.check(Schema.isMaxLength(3))],
    ["a type that has to be made of its JSON", Schema.Date],
    ["a check that throws", throwing],
    ["one of other words", Schema.Literals(["a", "b"])]
  ])("leaves out what is derived of it, and says which rows: %s", (_, schema) => {
    for (const field of ["rows", "last"]) {
      const document = stored(strict(schema), ["", `{"name":"Ada"}`], [field, `{"n":"4111-SECRET-CARD"}`])
      const { notComputed, text } = source.render(document)
      assert.deepStrictEqual(notComputed?.fields, ["count"])
      assert.include(notComputed!.reason, `"${field}"`)
      assert.notInclude(notComputed!.reason, "SECRET")
      assert.include(text, "4111-SECRET-CARD")
      const read = reading.read(document.shape.aggregate, JSON.parse(source.visible(document)!.text))
      assert.isTrue(Result.isFailure(read))
    }
  })

  it("is one that lacks a field, and a root as much as a part", () => {
    const root = Aggregate.root("X", { name: Schema.String, more: Schema.String })
    const document = stored(strict(Schema.String, root), ["", `{"name":"SECRET"}`])
    const { notComputed } = source.render(document)
    assert.strictEqual(notComputed?.reason, `the stored root is not one that its schema takes now, at field "more"`)
  })

  it("stays as it is where nothing is derived", () => {
    const plain = Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", { name: Schema.Finite }) })
    assert.deepStrictEqual(rendered(plain).fields, { name: "SECRET" })
    assert.isUndefined(rendered(plain).notComputed)
  })
})

describe("derived fields", () => {
  it("may hold what JSON can't, where the schema says how", () =>
    assert.include(rendered(things(() => ({ sum: 10n ** 30n }), Schema.BigInt)).text, `"sum":"1${"0".repeat(30)}"`))

  it("see those derived before them", () => {
    const twice = things(({ name }) => ({ sum: name.length })).pipe(
      Aggregate.derive({ twice: Schema.Finite }, ({ sum }) => ({ twice: 2 * (sum as number) }))
    )
    assert.include(rendered(twice as never).text, `"sum":6,"twice":12`)
  })
})
