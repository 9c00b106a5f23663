/**
 * The requests to DynamoDB that read a table as it is: what the table is, one page of a scan, one page of a partition.
 * One function is one request, and all reads are consistent; no function retries or remembers.
 * Layers: `awsScanApi.ts` speaks to AWS or DynamoDB Local, `testing/MemoryTable.ts` needs no server.
 */
import { Context, type Effect } from "effect"
import type { Attributes, AttributeValue } from "../Change.ts"
import type { StreamApiError } from "../stream/StreamApi.ts"
import type { KeyNames } from "../../KeyNames.ts"

export interface KeyAttribute {
  readonly name: string
  readonly type: "S" | "N" | "B"
}

export interface TableDescription {
  readonly tableArn: string
  readonly partitionKey: KeyAttribute
  /** Absent in a table without one. */
  readonly sortKey: KeyAttribute | undefined
  /**
   * The time at which the enabled stream was made, in epoch milliseconds: the time in its label; 0 without a stream.
   */
  readonly epoch: number
  /** Size and count as DynamoDB last looked, which may be six hours ago (doc "DescribeTable"). */
  readonly bytes: number
  readonly rows: number
}

export interface Segment {
  readonly tableName: string
  /** From 0. */
  readonly segment: number
  readonly segments: number
  /** The key to begin after; a segment is read from its beginning without. */
  readonly after: Attributes | undefined
  /** Rows on the page, at most; whatever this says, a page ends at 1 MB. */
  readonly rowsMax: number | undefined
}

export interface Partition {
  readonly tableName: string
  readonly partitionKey: readonly [name: string, value: AttributeValue]
  /** The text that the sort key, a string, must begin with; any sort key without. */
  readonly sortKeyPrefix: readonly [name: string, prefix: string] | undefined
  readonly after: Attributes | undefined
}

export interface Page {
  readonly items: ReadonlyArray<Attributes>
  /** The key after which the next page begins; absent on the last one. A page may be empty and not the last one. */
  readonly last: Attributes | undefined
  /** Read units used; a consistent read of 4 KB is one (doc "Read/write capacity mode"). */
  readonly units: number
}

/** A request that DynamoDB did not answer as asked: the same errors, by the same reasons, as its streams give. */
export type ScanApiError = StreamApiError

export class ScanApi extends Context.Service<
  ScanApi,
  {
    readonly describe: (tableName: string) => Effect.Effect<TableDescription, ScanApiError>
    /** In each segment the rows of one partition stand together, in the order of their sort keys. */
    readonly scan: (segment: Segment) => Effect.Effect<Page, ScanApiError>
    /** Rows in the order of their sort keys. */
    readonly query: (partition: Partition) => Effect.Effect<Page, ScanApiError>
  }
>()("tablefold/source/ScanApi") {}

export const keyNamesOf = ({ partitionKey, sortKey }: TableDescription): KeyNames => ({
  partitionKey: partitionKey.name,
  sortKey: sortKey?.name
})
