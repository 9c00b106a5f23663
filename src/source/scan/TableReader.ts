/**
 * Reads rows of a table by their keys, consistently: what is read was so at a moment after it was asked for. A row that
 * the answer leaves out is absent, never merely unprocessed.
 * Layers: `awsTableReader.ts` speaks to AWS or DynamoDB Local, `testing/tableReader.ts` needs no server.
 */
import { Context, Data, type Effect } from "effect"
import type { Attributes } from "../Change.ts"
import type { KeyNames } from "../../KeyNames.ts"

export class TableReadError extends Data.TaggedError("TableReadError")<{
  readonly message: string
  readonly isRetryable: boolean
}> {}

export class TableReader extends Context.Service<
  TableReader,
  {
    /** The names of the table's key attributes. */
    readonly keyNames: (tableArn: string) => Effect.Effect<KeyNames, TableReadError>
    /** The rows with these keys, in their order; `undefined` for one that the table does not have. */
    readonly rows: (
      tableArn: string,
      keys: ReadonlyArray<Attributes>
    ) => Effect.Effect<ReadonlyArray<Attributes | undefined>, TableReadError>
    /** Tells whether the table has rows with these keys, in their order; what the rows hold is not transferred. */
    readonly has: (
      tableArn: string,
      keys: ReadonlyArray<Attributes>
    ) => Effect.Effect<ReadonlyArray<boolean>, TableReadError>
  }
>()("tablefold/source/TableReader") {}
