/** Rows of one attribute, read by a schema: for tests of what values mean. */
import type { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import type { AttributeValue } from "../../src/source/Change.ts"
import { decoded, json, put, reject, stored } from "./changes.ts"

export const tableOf = (value: Schema.Codec<any, any>) =>
  Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    aggregates: [Aggregate.make("things", { key: "T#{id}", root: Aggregate.root("X", stored({ value })) })]
  })

/** The value as the document has it. */
export const read = (schema: Schema.Codec<any, any>, value: AttributeValue) =>
  (json(tableOf(schema), put("T#1", "X", { value })) as { value: unknown }).value

/** The reason why the row is refused. */
export const refused = (schema: Schema.Codec<any, any>, value: AttributeValue) =>
  reject(decoded(tableOf(schema), put("T#1", "X", { value }))).reason
