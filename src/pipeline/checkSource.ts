/** Refuses a batch that is not of the table which the definition is made for. */
import { Effect } from "effect"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { type Origin, Sink } from "../sink/Sink.ts"
import { SourceError } from "./Delivery.ts"
import type { Claimed } from "./patches.ts"
import * as settlement from "./settlement.ts"

/** Fails with a sentence where nothing of the batch may be taken. */
export const checkSource = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<settlement.Received>,
  claimed: ReadonlyArray<Claimed>,
  origins: ReadonlyArray<Origin>
) {
  const wrong = (yield* wrongKeys(table, changes, origins[0]?.tableArn)) ?? wrongSource(claimed, origins)
  if (wrong !== undefined) return yield* new SourceError({ message: wrong })
})

/**
 * Says why a batch can't be of the definition's table by its key names. Where rows with the definition's key names
 * were written before it can: then each record that differs is refused by itself.
 */
const wrongKeys = Effect.fnUntraced(function* (
  table: Table.Table,
  changes: ReadonlyArray<settlement.Received>,
  tableArn: string | undefined
) {
  const misfit = settlement.noRecordFits(table, changes)
  if (misfit === undefined) return undefined
  const isKnown = yield* (yield* Sink).knowsKeys(table.aggregates.map(Shape.of), table, tableArn)
  return isKnown ? undefined : misfit
})

const wrongSource = (claimed: ReadonlyArray<Claimed>, origins: ReadonlyArray<Origin>): string | undefined => {
  for (const [first] of claimed) if (first?._tag === "Misconfigured") return first.reason
  const tables = [...new Set(origins.map(({ tableArn }) => tableArn))]
  return tables.length > 1 ? `one batch holds records of several tables: ${tables.join(", ")}` : undefined
}
