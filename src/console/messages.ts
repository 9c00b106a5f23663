/**
 * The messages of the console's server to its page, as schemas and types; `requests.ts` has the page's requests. All is
 * JSON, and the page needs the types alone. Whatever comes from rows is text to be shown, never markup.
 *
 * Server to page: `GET /events`, server-sent events, each with one `ServerMessage` as `data:` (no event name). A
 * connection begins with everything the page needs, in this order: `Hello`, `Definition`, `Rows` in chunks (the first
 * has `isFirst`: forget what you had), `Documents` in chunks (the same), the last `Changes`, `Points` of the last hour,
 * `State`; then news as they come, many in one message. Rarely a change comes twice: its `number` tells. Whoever reads
 * too slowly is disconnected, and begins anew by `EventSource`'s own reconnecting: the page has nothing to catch up by
 * itself. A comment comes every ten seconds.
 *
 * Page to server: `POST` with a JSON body and the header `X-Tablefold-Token: <token of Hello>`; the answer is JSON, or
 * `{ error }` with a status of 400 (a sentence to show), 403 (no or an old token, or not allowed here), 409 or 500.
 *
 *   POST /api/edit     `EditRequest`    → `EditAnswer`
 *   POST /api/search   `SearchRequest`  → `SearchAnswer`     (also where nothing can be edited)
 *   POST /api/explain  `ExplainRequest` → `ExplainAnswer`    (also where nothing can be edited)
 *   POST /api/break    `BreakRequest`   → `BreakAnswer`
 *   POST /api/prove    `{}`             → `ProveAnswer`
 *   POST /api/redrive  `{}`             → `RedriveAnswer`
 *
 * `GET /` is the page, `GET /live`, `/ready` and `/metrics` are for those who watch the process. Times are epoch
 * milliseconds, durations milliseconds. A row is told by `row`, opaque text; a document by `aggregate` and `id`.
 */
import { Schema } from "effect"
import { ProveAnswer } from "./requests.ts"

const Text = Schema.String
const Maybe = <S extends Schema.Top>(schema: S) => Schema.NullOr(schema)

/** DynamoDB's typed JSON: `{"PK":{"S":"ORDER#1"}}`; binary is base64 text. */
const Item = Schema.Record(Text, Schema.Json)

export const Hello = Schema.TaggedStruct("Hello", {
  /** Differs after each start of the server. */
  session: Text,
  /** The header `X-Tablefold-Token` of each POST. */
  token: Text,
  version: Text,
  program: Schema.Literals(["dev", "tail"]),
  canEdit: Schema.Boolean,
  /** False where rows, documents and hits come without their data. */
  showsData: Schema.Boolean,
  table: Text,
  /** The words for the places: "DynamoDB Local at http://127.0.0.1:8000", "memory". */
  tableTitle: Text,
  searchTitle: Text
})
export type Hello = typeof Hello.Type

/** One field of a typed row, for a form. */
export const Field = Schema.Struct({
  name: Text,
  type: Schema.Literals(["text", "number", "integer", "boolean", "json"]),
  isOptional: Schema.Boolean,
  /** The values it may have; empty where any will do. */
  choices: Schema.Array(Text)
})
export type Field = typeof Field.Type

export const RowKind = Schema.Struct({
  /** The path of the field that shows it: `orderItems`, `comments.reactions`; "" for the root. */
  field: Text,
  kind: Schema.Literals(["root", "one", "many"]),
  /** The template of the sort key, such as `ITEM#{n}`. */
  template: Text,
  /** The names in braces of the templates, the aggregate's first: what a typed edit gives as `key`. */
  keyNames: Schema.Array(Text),
  fields: Schema.Array(Field)
})
export type RowKind = typeof RowKind.Type

export const Aggregate = Schema.Struct({
  name: Text,
  /** The alias that searches go to. */
  alias: Text,
  key: Text,
  rows: Schema.Array(RowKind),
  /** The mapping as OpenSearch is given it. */
  mapping: Schema.Json
})
export type Aggregate = typeof Aggregate.Type

/** The definition, at the beginning and each time that it was saved. `Rows` and `Documents` follow with `isFirst`. */
export const Definition = Schema.TaggedStruct("Definition", {
  revision: Schema.Number,
  file: Maybe(Text),
  partitionKey: Text,
  sortKey: Maybe(Text),
  aggregates: Schema.Array(Aggregate),
  /** The lines that say what a save changed in the mappings; empty at the beginning. */
  changes: Schema.Array(Text),
  /** The reason why the file as it is now can't be taken: the definition before it goes on. */
  problem: Maybe(Text)
})
export type Definition = typeof Definition.Type

export const Row = Schema.Struct({
  row: Text,
  /** The key texts; numbers as digits, binary as base64. */
  partition: Text,
  sort: Text,
  /** The document it belongs to; null where no template takes its key. */
  aggregate: Maybe(Text),
  id: Maybe(Text),
  /** As in `RowKind`. */
  field: Maybe(Text),
  /** The key attributes, which `Remove` takes. */
  keys: Item,
  /** All of it; null where data is not shown. */
  item: Maybe(Item)
})
export type Row = typeof Row.Type

/** Rows as the table has them. `rows` are new or changed; order is not told: sort by partition, then sort key. */
export const Rows = Schema.TaggedStruct("Rows", {
  isFirst: Schema.Boolean,
  rows: Schema.Array(Row),
  removed: Schema.Array(Text),
  /** True where the table has more rows than the page is told of: those that change take the place of old ones. */
  isPart: Schema.Boolean
})
export type Rows = typeof Rows.Type

export const Outcome = Schema.Union([
  Schema.TaggedStruct("Written", {}),
  Schema.TaggedStruct("Unchanged", {}),
  /** It never can be written as it is; a dead letter tells. */
  Schema.TaggedStruct("Refused", { reason: Text }),
  /** No template takes its key; its pattern says why that may be. */
  Schema.TaggedStruct("Unclaimed", { pattern: Text }),
  /** It is tried again. */
  Schema.TaggedStruct("Waiting", { reason: Text })
])
export type Outcome = typeof Outcome.Type

export const Change = Schema.Struct({
  /** Grows by one with each change that is told, in this session. */
  number: Schema.Number,
  row: Text,
  partition: Text,
  sort: Text,
  event: Schema.Literals(["INSERT", "MODIFY", "REMOVE"]),
  aggregate: Maybe(Text),
  id: Maybe(Text),
  field: Maybe(Text),
  /** The end of its delivery, epoch milliseconds. */
  at: Schema.Number,
  /** From the write of the row to then; exact where the page wrote it, else from DynamoDB's whole seconds. */
  delay: Maybe(Schema.Number),
  isExact: Schema.Boolean,
  outcome: Outcome,
  /** Says where it comes of: the stream, or one of the page's buttons. */
  from: Schema.Literals(["stream", "again", "reversed", "lanes", "redrive"])
})
export type Change = typeof Change.Type

export const Changes = Schema.TaggedStruct("Changes", { changes: Schema.Array(Change) })
export type Changes = typeof Changes.Type

export const Document = Schema.Struct({
  aggregate: Text,
  id: Text,
  /** The JSON that readers see; null where they see nothing (or, with `isThere`, data is not shown). */
  document: Maybe(Schema.Json),
  isThere: Schema.Boolean,
  /** Paths of what the last change altered, as `orderItems.1.quantity`: added, changed, or gone. */
  altered: Schema.Array(Text),
  /** The number of the last of its changes; null where it was there before. */
  change: Maybe(Schema.Number),
  at: Schema.Number,
  /** From the write until a search found it, where that was measured. */
  found: Maybe(Schema.Number)
})
export type Document = typeof Document.Type

/** Documents as they now are: new, changed, or gone (`isThere: false`). */
export const Documents = Schema.TaggedStruct("Documents", {
  isFirst: Schema.Boolean,
  documents: Schema.Array(Document),
  isPart: Schema.Boolean
})
export type Documents = typeof Documents.Type

/** One second of the run. */
export const Point = Schema.Struct({
  at: Schema.Number,
  received: Schema.Number,
  written: Schema.Number,
  refused: Schema.Number,
  /** Median and 99th percentile of the second's delays; null where nothing came. */
  delay50: Maybe(Schema.Number),
  delay99: Maybe(Schema.Number),
  /** The age of the last record read; 0 where all shards are read to their end, null before anything is known. */
  lag: Maybe(Schema.Number)
})
export type Point = typeof Point.Type

/** The last 3,600 at the beginning, then one a second. */
export const Points = Schema.TaggedStruct("Points", { isFirst: Schema.Boolean, points: Schema.Array(Point) })
export type Points = typeof Points.Type

export const Shard = Schema.Struct({
  shard: Text,
  state: Schema.Literals(["reading", "idle", "finished"]),
  /** The last sequence number acknowledged. */
  position: Maybe(Text),
  records: Schema.Number,
  behind: Maybe(Schema.Number)
})
export type Shard = typeof Shard.Type

export const DeadLetters = Schema.Struct({
  reason: Text,
  aggregate: Maybe(Text),
  count: Schema.Number,
  /** The keys of some of their rows, in readable form. */
  examples: Schema.Array(Text)
})
export type DeadLetters = typeof DeadLetters.Type

export const Pattern = Schema.Struct({ pattern: Text, rows: Schema.Number, example: Text })
export type Pattern = typeof Pattern.Type

export const Generation = Schema.Struct({
  alias: Text,
  index: Text,
  isLive: Schema.Boolean,
  createdAt: Text,
  live: Schema.Number,
  waiting: Schema.Number,
  removed: Schema.Number,
  withTombstones: Schema.Number,
  refused: Schema.Number,
  unreadable: Schema.Number,
  verificationDue: Maybe(Text),
  verifiedAt: Maybe(Text)
})
export type Generation = typeof Generation.Type

/** The state of the process, whole, when something of it changed, at most once a second. */
export const State = Schema.TaggedStruct("State", {
  isReady: Schema.Boolean,
  /** The reason why it is not. */
  problem: Maybe(Text),
  isUpToDate: Schema.Boolean,
  isHeld: Schema.Boolean,
  /** Epoch milliseconds until which OpenSearch is stopped by the page. */
  stoppedUntil: Maybe(Schema.Number),
  /** Batches that wait to be tried again. */
  waiting: Schema.Number,
  gaps: Schema.Array(Text),
  received: Schema.Number,
  written: Schema.Number,
  refused: Schema.Number,
  unclaimed: Schema.Number,
  shards: Schema.Array(Shard),
  deadLetters: Schema.Array(DeadLetters),
  unclaimedPatterns: Schema.Array(Pattern),
  generations: Schema.Array(Generation),
  /** The last comparison with the table. */
  proof: Maybe(ProveAnswer)
})
export type State = typeof State.Type

/** A sentence to show for a while; `isProblem` for one that somebody should act upon. */
export const Notice = Schema.TaggedStruct("Notice", { at: Schema.Number, text: Text, isProblem: Schema.Boolean })
export type Notice = typeof Notice.Type

export const ServerMessage = Schema.Union([Hello, Definition, Rows, Changes, Documents, Points, State, Notice])
export type ServerMessage = typeof ServerMessage.Type
