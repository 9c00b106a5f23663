/** The servers that `dev` works on, whatever they are: a table with a stream, and documents. */
import type { Effect, Layer } from "effect"
import type { ActionError } from "../console/Actions.ts"
import type * as Table from "../define/Table.ts"
import type { Failure } from "../cli/Failure.ts"
import type { StoredDocuments } from "../maintain/StoredDocuments.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { Attributes } from "../source/Change.ts"
import type { ScanApi } from "../source/scan/ScanApi.ts"
import type { TableReader } from "../source/scan/TableReader.ts"
import type { StreamApi } from "../source/stream/StreamApi.ts"

export interface Rows {
  readonly tableName: string
  /** The words for what keeps it. */
  readonly title: string
  /** Replaces a row, or makes it; gives it as it was before. */
  readonly put: (item: Attributes) => Effect.Effect<Attributes | undefined, ActionError>
  /** Removes a row, if there is one; gives it as it was before. */
  readonly remove: (keys: Attributes) => Effect.Effect<Attributes | undefined, ActionError>
  readonly layer: Layer.Layer<StreamApi | ScanApi | TableReader>
  /** The pause after an empty page of the stream, in milliseconds. */
  readonly pollMillis: number
}

/** The services that documents are written and read with. */
export type Documents = Sink | StoredDocuments

export interface Index {
  /** The words for what keeps it. */
  readonly title: string
  readonly aliasPrefix: string
  /** Takes away what was made for a definition, and says what another one changes in it. */
  readonly clear: (before: Table.Table, next: Table.Table) => Effect.Effect<ReadonlyArray<string>, Failure | SinkError>
  /** The documents of a definition, of which none is there yet. */
  readonly layer: () => Layer.Layer<Documents, SinkError>
  /** Marks what a definition's documents are in as made here. */
  readonly mark: (table: Table.Table) => Effect.Effect<void, Failure | SinkError>
  /** Nothing for one in memory. */
  readonly transport: Transport["Service"] | undefined
  /** Stops the server and starts it again after a while; nothing for one that is not ours. */
  readonly stop: { readonly kill: Effect.Effect<void>; readonly restart: Effect.Effect<void, ActionError> } | undefined
}

export interface Place {
  readonly rows: Rows
  readonly index: Index
  /** False where one of them is not on this machine: there nothing is edited or broken by the page. */
  readonly canEdit: boolean
}
