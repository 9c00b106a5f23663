/** Dates depend on nothing but their text: not on the zone of the process, wherever in a schema they stand. */
import { assert, describe, it } from "@effect/vitest"
import { Schema, SchemaGetter, SchemaTransformation } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import type { Attributes, AttributeValue, Change } from "../../src/source/Change.ts"
import { deliveries, document } from "../../src/testing/index.ts"
import { inZone, inZones, zones } from "../whole/zones.ts"
import { event, json, keys, put, removed } from "./changes.ts"
import { read, refused } from "./oneValue.ts"

const bare = "2020-06-21T19:10:00"
const utc = "2020-06-21T19:10:00.000Z"
class Visit extends Schema.Class<Visit>("Visit")({ at: Schema.Date }) {}
interface Chain {
  readonly at: Date
  readonly next?: Chain
}
const Chain = Schema.Struct({
  at: Schema.Date,
  next: Schema.optionalKey(Schema.suspend((): Schema.Codec<Chain, any> => Chain as never))
})
const S: AttributeValue = { S: bare }

describe.each(zones)("in %s", (zone) => {
  it.each<[string, Schema.Codec<any, any>, AttributeValue, unknown]>([
    ["Date", Schema.Date, S, utc],
    ["DateFromString", Schema.DateFromString, S, utc],
    ["DateTimeUtc", Schema.DateTimeUtc, S, utc],
    ["DateTimeUtcFromString", Schema.DateTimeUtcFromString, S, utc],
    ["DateTimeUtcFromDate", Schema.DateTimeUtcFromDate, S, utc],
    ["DateTimeZoned", Schema.DateTimeZoned, S, "2020-06-21T19:10:00.000+00:00"],
    ["DateTimeZonedFromString", Schema.DateTimeZonedFromString, { S: `${bare}+05:30` }, `${bare}.000+05:30`],
    ["a named zone", Schema.DateTimeZoned, { S: `${bare}+01:00[Europe/London]` }, `${bare}.000+01:00[Europe/London]`],
    ["a zone of its own", Schema.Date, { S: "2020-06-21T19:10:00+09:00" }, "2020-06-21T10:10:00.000Z"],
    ["a day", Schema.Date, { S: "2020-06-21" }, "2020-06-21T00:00:00.000Z"],
    ["a list", Schema.Array(Schema.Date), { L: [S] }, [utc]],
    ["a set of texts", Schema.Array(Schema.Date), { SS: [bare] }, [utc]],
    ["a tuple", Schema.Tuple([Schema.Date]), { L: [S] }, [utc]],
    ["a struct", Schema.Struct({ at: Schema.Date }), { M: { at: S } }, { at: utc }],
    ["a class", Visit, { M: { at: S } }, { at: utc }],
    ["a free map", Schema.Record(Schema.String, Schema.Date), { M: { x: S } }, { x: utc }],
    ["a schema inside itself", Chain, { M: { at: S, next: { M: { at: S } } } }, { at: utc, next: { at: utc } }],
    ["null or", Schema.NullOr(Schema.Date), S, utc],
    ["null", Schema.NullOr(Schema.Date), { NULL: true }, null],
    ["a union", Schema.Union([Schema.Date, Schema.Literal("never")]), S, utc],
    ["a union's other member", Schema.Union([Schema.Date, Schema.String]), { S: "order 5" }, "order 5"],
    ["an option", Schema.OptionFromNullOr(Schema.Date), S, { _tag: "Some", value: utc }],
    ["a check", Schema.Date.check(Schema.isGreaterThanDate(new Date(0))), S, utc],
    ["a brand", Schema.DateFromString.pipe(Schema.brand("At")), S, utc],
    ["trimmed text", Schema.Trim.pipe(Schema.decodeTo(Schema.DateFromString)), { S: ` ${bare} ` }, utc],
    [
      "a link of Effect's, used by hand",
      Schema.Trim.pipe(Schema.decodeTo(Schema.Date, SchemaTransformation.dateFromString)),
      S,
      utc
    ],
    ["milliseconds", Schema.DateFromMillis, { N: "1592766600000" }, utc]
  ])("%s", (_, schema, value, expected) => inZone(zone, () => assert.deepStrictEqual(read(schema, value), expected)))

  it.each(["", "soon", "order 5", "06/07/2020", "12", "2026-02-30", `${bare} UTC`, "2020-06-21 19:10:00"])(
    "case 66: %j is refused with the field's name, never guessed",
    (text) => {
      for (const schema of [Schema.Date, Schema.DateTimeUtc, Schema.DateTimeZoned, Schema.DateTimeUtcFromDate]) {
        const reason = inZone(zone, () => refused(Schema.Struct({ at: schema }), { M: { at: { S: text } } }))
        assert.include(reason, `field "value.at": Expected an ISO 8601 date`)
        if (text.length > 2) assert.notInclude(reason, text)
      }
    }
  )
})

it("a named zone without an offset may be meant in either, so it is refused", () =>
  assert.include(refused(Schema.DateTimeZoned, { S: `${bare}[Europe/London]` }), "offset"))

it("a number is no date, whichever unit it may be meant in", () =>
  assert.include(refused(Schema.Date, { N: "1592766600" }), `field "value"`))

it("a transform of the user's stays the user's", () => {
  const own = Schema.String.pipe(
    Schema.decodeTo(Schema.Date, {
      decode: SchemaGetter.transform((text: string) => new Date(text.replace("order ", "200"))),
      encode: SchemaGetter.transform((date: Date) => date.toISOString())
    })
  )
  assert.strictEqual(read(own, { S: "order 5" }), "2005-01-01T00:00:00.000Z")
})

/** A row's JSON as attribute values; times lose their zone. */
const valueOf = (json: unknown): AttributeValue => {
  if (typeof json === "string") return { S: json.replace(/(T[\d:.]+)Z$/, "$1") }
  if (typeof json === "number") return { N: String(json) }
  if (Array.isArray(json)) return { L: json.map(valueOf) }
  return { M: Object.fromEntries(Object.entries(json as object).map(([name, inner]) => [name, valueOf(inner)])) }
}

/** As in the README's shop, and a document that computes with its dates. */
const Customer = Aggregate.make("customers", {
  key: "CUSTOMER#{customerId}",
  root: Aggregate.root("PROFILE", { name: Schema.String, since: Schema.Date }),
  parts: { visits: Aggregate.many("VISIT#{n}", { at: Schema.DateTimeUtc, all: Schema.Array(Schema.Date) }) }
}).pipe(
  Aggregate.derive({ month: Schema.Finite, first: Schema.NullOr(Schema.Date) }, ({ since, visits }) => ({
    month: since.getUTCMonth(),
    first: visits[0]?.all[0] ?? null
  }))
)
const shop = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Customer] })

const changeOf = ({ id, json, rowKey, version }: RowEvent): Change =>
  json === undefined
    ? removed(`CUSTOMER#${id}`, rowKey, version.sequence)
    : put(`CUSTOMER#${id}`, rowKey, (valueOf(JSON.parse(json)) as { M: Attributes }).M, version.sequence)

it.prop(
  "a document is the same in every zone, however its rows were delivered",
  [deliveries(Customer)],
  ([history]) => {
    const seen = (events: ReadonlyArray<RowEvent>) => JSON.stringify(document(Customer, events))
    const expected = inZone("UTC", () => seen(history.inOrder))
    const changes = history.delivered.map(changeOf)
    assert.deepStrictEqual(
      inZones(() => seen(changes.map((change) => event(shop, change)))),
      zones.map(() => expected)
    )
  }
)

it("what the names of a key template stand for is read as the same dates", () => {
  const Day = Aggregate.make("days", { key: "DAY#{day}", root: Aggregate.root("X", { day: Schema.Date }) })
  const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Day] })
  const at = (day: string) => json(table, { ...put(`DAY#${day}`, "X", {}), keys: keys(`DAY#${day}`, "X") })
  assert.deepStrictEqual(
    inZones(() => at(bare)),
    zones.map(() => ({ day: utc }))
  )
})
