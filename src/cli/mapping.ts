/** `tablefold mapping`: what the definition becomes in OpenSearch. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import * as Definition from "../define/Definition.ts"
import type * as Table from "../define/Table.ts"
import { indexBody } from "../sink/opensearch/indexBody.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix } from "./openSearch.ts"
import { exitCodes, oneLine, report } from "./report.ts"

export const mapping = Command.make(
  "mapping",
  { table: LoadTable.flag, json: oneLine },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const mappings = mappingsOf(table, yield* aliasPrefix)
    yield* report(options.json, mappings, JSON.stringify(mappings, null, 2).split("\n"))
  })
).pipe(
  Command.withDescription(
    `Print what the definition becomes in OpenSearch: for each alias the settings, mapping and alias that its index is
  made with, as JSON. OPENSEARCH_ALIAS_PREFIX is put before the names. Nothing is asked of a server.

  ${exitCodes()}`
  ),
  Command.withShortDescription("Print what the definition becomes in OpenSearch"),
  Command.withExamples([
    { command: "tablefold mapping --table ./table.ts", description: "All that an index is made with" },
    { command: "tablefold mapping | jq '.orders.mappings'", description: "The mapping of one alias" }
  ])
)

const mappingsOf = ({ aggregates }: Table.Table, prefix: string) =>
  Object.fromEntries(
    aggregates.map((aggregate) => {
      const alias = `${prefix}${aggregate.name}`
      return [alias, indexBody(Definition.describe(aggregate), alias)]
    })
  )
