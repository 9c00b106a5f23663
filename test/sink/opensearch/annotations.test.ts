/** Fields of each annotation, written by the sink and found by the search that they are for. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import { put } from "../../../src/testing/events.ts"
import { describeReal } from "../../servers/servers.ts"
import { ask, drop } from "../../whole/opensearch.ts"
import { searched } from "./searched.ts"

const Point = Schema.Struct({ lat: Schema.Finite, lon: Schema.Finite })
const between = <S extends Schema.Codec<any, any>>(value: S) => Schema.Struct({ gte: value, lt: value })
const fields = {
  name: Schema.String.annotate(Mapping.searchable),
  note: Schema.String.annotate(Mapping.text),
  code: Schema.String,
  place: Point.annotate(Mapping.geoPoint),
  placeText: Schema.String.annotate(Mapping.geoPoint),
  address: Schema.String.annotate(Mapping.ip),
  ages: between(Schema.Int).annotate(Mapping.range("integer")),
  prices: between(Schema.Finite).annotate(Mapping.range("double")),
  open: between(Schema.Date).annotate(Mapping.range("date")),
  net: Schema.String.annotate(Mapping.range("ip")),
  labels: Schema.Record(Schema.String, Schema.String).annotate(Mapping.flatObject),
  anything: Schema.Record(Schema.String, Schema.Json).annotate(Mapping.flatObject),
  several: Schema.Array(Schema.Record(Schema.String, Schema.Finite).annotate(Mapping.flatObject)),
  suggest: Schema.String.annotate(Mapping.completion),
  kept: Schema.Json
}
const Shop = Aggregate.make("shops", {
  key: "SHOP#{id}",
  root: Aggregate.root("X", fields),
  parts: { branches: Aggregate.many("BRANCH#{n}", fields) }
})

const porto = {
  name: "Green Tea",
  note: "around the corner",
  code: "p-1",
  place: { lat: 41.15, lon: -8.61 },
  placeText: "41.15,-8.61",
  address: "10.1.2.3",
  ages: { gte: 18, lt: 30 },
  prices: { gte: 1.5, lt: 2.5 },
  open: { gte: new Date("2026-01-01T00:00:00Z"), lt: new Date("2026-02-01T00:00:00Z") },
  net: "10.0.0.0/8",
  labels: { colour: "red" },
  anything: { "a.b": [1, { c: true }], empty: null },
  several: [{ x: 1 }, { y: 2.5 }],
  suggest: "gooseneck kettle",
  kept: { any: [1] }
}
const oslo = {
  name: "Cup",
  note: "at the harbour",
  code: "o-1",
  place: { lat: 59.91, lon: 10.75 },
  placeText: "59.91,10.75",
  address: "192.168.0.1",
  ages: { gte: 40, lt: 50 },
  prices: { gte: 10, lt: 20 },
  open: { gte: new Date("2027-01-01T00:00:00Z"), lt: new Date("2027-02-01T00:00:00Z") },
  net: "192.168.0.0/16",
  labels: { colour: "blue" },
  anything: { "a.b": [2] },
  several: [],
  suggest: "saucer",
  kept: { any: [2] }
}

const near = (field: string) => ({ geo_distance: { distance: "5km", [field]: { lat: 41.16, lon: -8.62 } } })
const queries: ReadonlyArray<readonly [field: string, query: (path: string) => object]> = [
  ["name", (path) => ({ term: { [path]: "Green Tea" } })],
  ["name", (path) => ({ match: { [`${path}.text`]: "tea" } })],
  ["note", (path) => ({ match: { [path]: "corner" } })],
  ["code", (path) => ({ term: { [path]: "p-1" } })],
  ["place", near],
  ["placeText", near],
  ["address", (path) => ({ term: { [path]: "10.0.0.0/8" } })],
  ["ages", (path) => ({ term: { [path]: 29 } })],
  ["prices", (path) => ({ term: { [path]: 1.75 } })],
  ["open", (path) => ({ term: { [path]: "2026-01-15" } })],
  ["net", (path) => ({ term: { [path]: "10.9.9.9" } })],
  ["labels", (path) => ({ term: { [`${path}.colour`]: "red" } })],
  ["anything", (path) => ({ term: { [`${path}.a.b`]: "1" } })],
  ["anything", (path) => ({ term: { [`${path}.a.b.c`]: "true" } })],
  ["several", (path) => ({ term: { [`${path}.y`]: "2.5" } })]
]

describeReal("a field", ({ openSearchNode }) => {
  const prefix = `annotations${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, prefix))

  it.live("is found by what its annotation is for, in the root and in a part", () => {
    const { found, planned, write } = searched(openSearchNode, prefix)
    const rows = [porto, oslo].flatMap((shop, i) => [
      put(Shop).root({ id: `${i}` }, shop),
      put(Shop).branches({ id: `${i}`, n: "1" }, shop)
    ])
    return Effect.gen(function* () {
      // A part that waits for its root is taken as well.
      yield* write(...rows, put(Shop).branches({ id: "waiting", n: "1" }, porto))
      for (const [field, query] of queries) {
        assert.deepStrictEqual(yield* found("shops", query(field)), ["0"], field)
        const nested = { nested: { path: "branches", query: query(`branches.${field}`) } }
        assert.deepStrictEqual(yield* found("shops", nested), ["0"], `branches.${field}`)
      }
      const suggest = { shop: { prefix: "goose", completion: { field: "suggest" } } }
      const { text } = yield* Effect.promise(() =>
        ask(openSearchNode, "POST", `/${prefix}shops/_search`, { size: 0, suggest })
      )
      const options: ReadonlyArray<{ readonly _id: string }> = JSON.parse(text).suggest.shop[0].options
      assert.deepStrictEqual(
        options.map(({ _id }) => _id),
        ["0"]
      )
      assert.strictEqual((yield* planned(Shop))._tag, "None")
    })
  })
})
