/** Rows as the server tells the page of them. */
import type { Row } from "../../../src/console/messages.ts"

export const row = (partition: string, sort: string): Row => ({
  row: `${partition} ${sort}`,
  partition,
  sort,
  aggregate: null,
  id: null,
  field: null,
  keys: { PK: { S: partition }, SK: { S: sort } },
  item: { PK: { S: partition }, SK: { S: sort } }
})
