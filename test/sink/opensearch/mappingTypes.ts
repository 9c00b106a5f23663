/** A definition with a field of each mapping type that OpenSearch's core has, and values that most of them refuse. */
import { Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import * as Table from "../../../src/define/Table.ts"

const plain =
  "text keyword match_only_text wildcard version search_as_you_type completion byte short integer long unsigned_long " +
  "half_float float double date date_nanos boolean binary ip geo_point geo_shape flat_object percolator integer_range " +
  "long_range float_range double_range date_range ip_range rank_feature rank_features"

const strict = { dynamic: "strict", properties: { a: { type: "long" } } }

/** Mappings by the name of their type. */
export const mappings: Readonly<Record<string, Mapping.FieldMapping>> = {
  ...Object.fromEntries(plain.split(" ").map((type) => [type, { type }])),
  token_count: { type: "token_count", analyzer: "standard" },
  constant_keyword: { type: "constant_keyword", value: "x" },
  scaled_float: { type: "scaled_float", scaling_factor: 10 },
  object: { type: "object", ...strict },
  nested: { type: "nested", ...strict }
}

/** Those that stand at the top of a mapping alone, so that no definition can have them. */
export const topMappings: Readonly<Record<string, Mapping.FieldMapping>> = {
  join: { type: "join", relations: { parent: "child" } },
  alias: { type: "alias", path: "long" }
}

const fields = Object.fromEntries(
  Object.entries(mappings).map(([name, mapping]) => [
    name,
    Schema.optionalKey(Schema.Json.annotate(Mapping.field(mapping)))
  ])
)

export const table = Table.make({
  partitionKey: "PK",
  sortKey: "SK",
  aggregates: [
    Aggregate.make("values", {
      key: "VALUE#{id}",
      root: Aggregate.root("ROOT", fields),
      parts: { hidden: Aggregate.many("HIDDEN#{n}", fields) }
    })
  ]
})

const number = 4_111_975_310_864
const text = `MARK${number}`

/** Tells whether something tells a marked value: as it is, as a double is printed, or as bytes of a term. */
export const isTold = (said: string): boolean => /MARK|4\W?111\W?975|mark4|52, 49, 49, 49/i.test(said)

/** Values that carry the mark: in texts, numbers, names, and deep. */
export const values: ReadonlyArray<Schema.Json> = [
  text,
  number,
  -number,
  number * 1e280,
  `${text}/99`,
  `2020-13-${text}`,
  `POINT(${text} 1)`,
  `{"${text}`,
  `${number}`.repeat(4000),
  `a', b] "c" ${text}'. ) } [d] with format [e`,
  `] of type [long] ${text}`,
  [text, { b: text }],
  [[text]],
  [number, [number]],
  [true, text],
  { [text]: text },
  { [text]: -number },
  { [text]: { [text]: [text] } },
  { "": text },
  { ".": text },
  { a: text },
  { a: { deep: [text] } },
  { a: number * 1e280 },
  { a: [[text]], [text]: 1 },
  { name: text, parent: text },
  { gte: text, lte: text },
  { gte: number, lte: 1 },
  { gte: 1, [text]: 1 },
  { lat: text, lon: text },
  { lat: number, lon: number },
  { type: text, coordinates: [text] },
  { type: "Point", coordinates: [text, 1] },
  { type: "Point", coordinates: [number, number] },
  {
    type: "polygon",
    coordinates: [
      [
        [number, 1],
        [2, 3],
        [4, 5]
      ]
    ]
  },
  { input: text, weight: text },
  { input: [text], contexts: { [text]: text } },
  { match: { [text]: text } },
  { query_string: { query: `((${text}` } }
]
