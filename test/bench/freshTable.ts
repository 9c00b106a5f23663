/** The example's orders, searchable sooner: the index refreshes itself five times a second. */
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import { Order, User } from "../../src/example/table.ts"

const { key, name, parts, root } = Order
const Fresh = Aggregate.make(name, { key, root, parts, index: { refreshInterval: "200ms" } })

export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Fresh, User] })
