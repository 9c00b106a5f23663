/** The table the demonstration writes to, whatever keeps it: a real DynamoDB, or memory. */
import type { Effect, Layer, Option } from "effect"
import type { Failure } from "../../cli/Failure.ts"
import type { Attributes } from "../../source/Change.ts"
import type { StreamApi } from "../../source/stream/StreamApi.ts"
import type { Key, Write } from "./day.ts"

export interface Rows {
  /** The words for what keeps it, after "in". */
  readonly title: string
  readonly tableName: string
  /** The address at which another program finds it; nothing for a table in memory. */
  readonly endpoint: string | undefined
  readonly write: (write: Write) => Effect.Effect<void, Failure>
  readonly get: (key: Key) => Effect.Effect<Option.Option<Attributes>, Failure>
  readonly scan: Effect.Effect<ReadonlyArray<Attributes>, Failure>
  readonly streamApi: Layer.Layer<StreamApi>
}
