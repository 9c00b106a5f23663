/** The table of a module that `init` made. */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import * as Table from "../../src/define/Table.ts"

/** The module without its types, run. */
export const loaded = (source: string): Table.Table => {
  const body = source.replaceAll(/^import .*$|^export type .*$/gm, "").replaceAll(/^export /gm, "")
  // oxlint-disable-next-line no-new-func
  return new Function("Schema", "Aggregate", "Mapping", "Table", `${body}\nreturn table`)(
    Schema,
    Aggregate,
    Mapping,
    Table
  )
}
