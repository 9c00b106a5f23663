/** Fields that a document lacks, each with the reason why. Pure. */
import type { Aggregate, RowKind } from "../../messages.ts"
import type { ExplainAnswer } from "../../requests.ts"
import { at, isList, isObject, type Json } from "./json.ts"

export type ExplainedRow = ExplainAnswer["rows"][number]

export interface Absent {
  readonly field: string
  readonly reason: string
}

/** One for each field of the definition that rows would fill and none does. */
export const absent = (
  aggregate: Aggregate,
  document: Json,
  rows: ReadonlyArray<ExplainedRow>
): ReadonlyArray<Absent> => {
  if (!isObject(document)) return []
  return aggregate.rows.flatMap((kind) => {
    if (kind.field === "" || kind.field.includes(".")) return []
    const value = at(document, kind.field)
    if (value !== undefined && !(isList(value) && value.length === 0)) return []
    return [
      {
        field: kind.field,
        reason: reasonOf(
          kind,
          rows.filter(({ field }) => field === kind.field)
        )
      }
    ]
  })
}

const reasonOf = ({ template }: RowKind, rows: ReadonlyArray<ExplainedRow>): string => {
  const refused = rows.find(({ refused }) => refused !== null)
  if (refused !== undefined) return `${refused.key} was refused`
  const unseen = rows.find(({ unseen }) => unseen !== null)
  if (unseen?.unseen != null) return `${unseen.key}: ${unseen.unseen}`
  const removed = rows.find((row) => stateOf(row) === "tombstone")
  if (removed !== undefined) return `${removed.key} was removed`
  return `no row like ${template}`
}

export type RowState = "shown" | "unseen" | "tombstone" | "refused" | "missing"

/** The state of a row in the index; "missing" where the table alone has it. */
export const stateOf = ({ index, refused, unseen, version }: ExplainedRow): RowState => {
  if (refused !== null) return "refused"
  if (unseen !== null) return "unseen"
  if (index !== null) return "shown"
  return version === null ? "missing" : "tombstone"
}
