/** A change as it came → its meaning to each aggregate that claims its row. Pure; no change throws. */
import { Result } from "effect"
import type * as Table from "../define/Table.ts"
import * as Claim from "./Claim.ts"
import type * as Shape from "../define/Shape.ts"
import type { Attributes, Change } from "../source/Change.ts"
import { type Decoded, make } from "./RowEvent.ts"
import * as rowCodec from "./rowCodec.ts"

/** Decodes one change for each aggregate that claims its row; for a row that none claims the list is empty. */
export const decode = (table: Table.Table, change: Change): ReadonlyArray<Decoded> =>
  Claim.of(table, change).map((claim) => (claim._tag === "Claim" ? decodeFor(table, claim) : claim))

const decodeFor = (table: Table.Table, claim: Claim.Claim): Decoded => {
  const json = jsonOf(claim)
  if (Result.isFailure(json)) return Claim.reject(table, claim.change, claim.shape, claim.version, json.failure)
  const { changedAt, id, isInsert, longKey, row, rowKey, shape, version } = claim
  return {
    _tag: "Event",
    event: make({ shape, row, id, longKey, rowKey, version, json: json.success, isInsert, changedAt })
  }
}

/**
 * Decodes the data of a claimed row: its JSON text, or `undefined` for a row that was removed or that `where` does not
 * take. Fails with the reason in words.
 */
export const jsonOf = ({ change, row, values }: Claim.Claim): Result.Result<string | undefined, string> => {
  const { image, origin } = change
  if (image === undefined || (origin._tag === "Stream" && origin.eventName === "REMOVE")) return removed
  return jsonOfRow(row, image, values)
}

/** Decodes the attributes of a row as `jsonOf` does, where they are known to be there. */
export const jsonOfRow = (
  row: Shape.RowShape,
  image: Attributes,
  values: Shape.Values
): Result.Result<string | undefined, string> => {
  const codec = rowCodec.of(row)
  const takes = codec.takes(image, values)
  if (Result.isFailure(takes)) return Result.fail(takes.failure)
  return takes.success ? codec.decode(image, values) : removed
}

const removed = Result.succeed(undefined)
