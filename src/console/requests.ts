/** The requests of the console's page and their answers; `messages.ts` tells the routes. */
import { Schema } from "effect"

const Text = Schema.String
const Maybe = <S extends Schema.Top>(schema: S) => Schema.NullOr(schema)

/** DynamoDB's typed JSON: `{"PK":{"S":"ORDER#1"}}`; binary is base64 text. */
const Item = Schema.Record(Text, Schema.Json)

export const EditRequest = Schema.Union([
  /** A row by the definition: `key` has the names in braces, `values` the fields, as JSON. It is put as a whole. */
  Schema.TaggedStruct("Typed", {
    aggregate: Text,
    field: Text,
    key: Schema.Record(Text, Text),
    values: Schema.Record(Text, Schema.Json)
  }),
  Schema.TaggedStruct("Raw", { item: Item }),
  Schema.TaggedStruct("Remove", { keys: Item })
])
export type EditRequest = typeof EditRequest.Type
export const EditAnswer = Schema.Struct({ row: Text })
export type EditAnswer = typeof EditAnswer.Type

/** Either `query`, of OpenSearch's query string syntax, or `body`, a search's JSON; neither finds all. */
export const SearchRequest = Schema.Struct({
  aggregate: Text,
  query: Schema.optionalKey(Text),
  body: Schema.optionalKey(Schema.Json)
})
export type SearchRequest = typeof SearchRequest.Type
const Hit = Schema.Struct({
  id: Text,
  score: Maybe(Schema.Number),
  document: Maybe(Schema.Json),
  highlight: Maybe(Schema.Json)
})
export const SearchAnswer = Schema.Struct({
  /** OpenSearch's own time, and that of the whole request. */
  took: Schema.Number,
  elapsed: Schema.Number,
  total: Schema.Number,
  hits: Schema.Array(Hit),
  aggregations: Maybe(Schema.Json)
})
export type SearchAnswer = typeof SearchAnswer.Type

export const ExplainRequest = Schema.Struct({ aggregate: Text, id: Text })
export type ExplainRequest = typeof ExplainRequest.Type
/** The same as `tablefold explain` says, versions and tombstones included. */
export const ExplainAnswer = Schema.Struct({
  key: Text,
  /** "live", "waiting for its root", "nothing but removed rows", "absent", … */
  document: Text,
  rows: Schema.Array(
    Schema.Struct({
      /** As `Row.row`, where it is known which that is. */
      row: Maybe(Text),
      key: Text,
      field: Text,
      unseen: Maybe(Text),
      version: Maybe(Text),
      refused: Maybe(Text),
      index: Maybe(Text),
      table: Maybe(Text),
      kind: Maybe(Text),
      fields: Schema.Array(Text),
      reason: Maybe(Text),
      repair: Maybe(Text)
    })
  ),
  findings: Schema.Array(Schema.Struct({ kind: Text, fields: Schema.Array(Text), reason: Maybe(Text) }))
})
export type ExplainAnswer = typeof ExplainAnswer.Type

export const BreakRequest = Schema.Union([
  Schema.TaggedStruct("DeliverAgain", {}),
  Schema.TaggedStruct("DeliverReversed", {}),
  Schema.TaggedStruct("DeliverFromTenLanes", {}),
  /** Puts a row that the definition can't take, beside those of this document, or of any. */
  Schema.TaggedStruct("RefuseRow", { aggregate: Schema.optionalKey(Text), id: Schema.optionalKey(Text) }),
  /** For ten seconds; the process is stopped and goes on. */
  Schema.TaggedStruct("StopSearch", {}),
  Schema.TaggedStruct("HoldStream", { isHeld: Schema.Boolean })
])
export type BreakRequest = typeof BreakRequest.Type
export const BreakAnswer = Schema.Struct({ message: Text })
export type BreakAnswer = typeof BreakAnswer.Type

export const RedriveAnswer = Schema.Struct({ message: Text, redriven: Schema.Number, left: Schema.Number })
export type RedriveAnswer = typeof RedriveAnswer.Type

/** The answer of a POST that was not done. */
export const ErrorAnswer = Schema.Struct({ error: Text })
export type ErrorAnswer = typeof ErrorAnswer.Type
/** Findings about one row or document: where the index is not as the table. */
export const Finding = Schema.Struct({
  kind: Text,
  aggregate: Text,
  id: Text,
  key: Text,
  fields: Schema.Array(Text),
  reason: Maybe(Text)
})
export type Finding = typeof Finding.Type

export const ProveAnswer = Schema.Struct({
  /** True where nothing in the index differs from the table; refused rows are no difference. */
  isRight: Schema.Boolean,
  /** A sentence that says so. */
  message: Text,
  rows: Schema.Number,
  documents: Schema.Number,
  refused: Schema.Number,
  drift: Schema.Number,
  findings: Schema.Array(Finding),
  at: Schema.Number,
  took: Schema.Number
})
export type ProveAnswer = typeof ProveAnswer.Type
