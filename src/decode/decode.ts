/** A change as it came → its meaning to each aggregate that claims its row. Pure; no change throws. */
import { Result } from "effect"
import type * as Claims from "../define/claims.ts"
import type * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { Attributes, Change } from "../source/Change.ts"
import { typeOf, typeProblem } from "./attributeType.ts"
import * as Claim from "./Claim.ts"
import { type Decoded, make } from "./RowEvent.ts"
import * as rowCodec from "./rowCodec.ts"

/**
 * Decodes one change for each aggregate that claims its row; the list is empty for a row that none claims, or that is
 * and was of a kind that none knows.
 */
export const decode = (table: Table.Table, change: Change): ReadonlyArray<Decoded> =>
  Claim.of(table, change).flatMap((claim) => (claim._tag === "Claim" ? decodeFor(table, claim) : claim))

const decodeFor = (table: Table.Table, claim: Claim.Claim): Decoded | [] => {
  const content = contentOf(claim)
  if (Result.isFailure(content)) return Claim.reject(table, claim.change, claim.shape, claim.version, content.failure)
  if (content.success === undefined) return []
  const { changedAt, id, isInsert, longKey, rowKey, shape, version } = claim
  const { json, row } = content.success
  return { _tag: "Event", event: make({ shape, row, id, longKey, rowKey, version, json, isInsert, changedAt }) }
}

/** A claimed row as its kind has it. */
export interface Content {
  /** The kind that its data matches; the first that its key fits where there is no data, or none matches. */
  readonly row: Shape.RowShape
  /** The JSON text of the decoded row, or `undefined` for a row that was removed or that no kind takes. */
  readonly json: string | undefined
}

/**
 * Decodes the data of a claimed row. Fails with the reason in words. `undefined` for a change that says nothing to the
 * aggregate: its row matches no kind now, and the record says that it did not before.
 */
export const contentOf = (claim: Claim.Claim): Result.Result<Content | undefined, string> => {
  const { change, row } = claim
  const { image, origin } = change
  const isRemoved = image === undefined || (origin._tag === "Stream" && origin.eventName === "REMOVE")
  const kind = isRemoved ? none : kindOf(claim, image)
  if (Result.isFailure(kind)) return Result.fail(kind.failure)
  if (kind.success !== undefined) {
    const { row, values } = kind.success
    return Result.map(rowCodec.of(row).decode(image!, values), (json) => ({ row, json }))
  }
  return wasNone(claim) ? none : Result.succeed({ row, json: undefined })
}

/**
 * Decodes the attributes of a row of one kind, as `contentOf` does: `undefined` where the kind does not take it. A type
 * that names no attribute takes every row.
 */
export const jsonOfRow = (
  row: Shape.RowShape,
  image: Attributes,
  values: Shape.Values
): Result.Result<string | undefined, string> => {
  const type = typeof row.type === "object" ? Object.entries(row.type) : []
  const takes = matches({ row, type, values }, image)
  if (Result.isFailure(takes)) return Result.fail(takes.failure)
  return takes.success ? rowCodec.of(row).decode(image, values) : none
}

const none = Result.succeed(undefined)

/** Tells whether a change's own record says that its row was of no kind before. */
const wasNone = (claim: Claim.Claim): boolean => {
  const { before, image, origin } = claim.change
  if (origin._tag !== "Stream") return false
  if (origin.eventName === "INSERT") return image !== undefined
  if (before === undefined) return false
  const kind = kindOf(claim, before)
  return Result.isSuccess(kind) && kind.success === undefined
}

/** Finds the kind that a row's data matches, in the order of declaration. Fails where that can't be told. */
export const kindOf = (claim: Claim.Claim, image: Attributes): Result.Result<Claims.Fitting | undefined, string> => {
  const first = matches(claim, image)
  if (Result.isFailure(first)) return Result.fail(first.failure)
  if (first.success) return Result.succeed(claim)
  for (const other of claim.others) {
    const found = matches(other, image)
    if (Result.isFailure(found)) return Result.fail(found.failure)
    if (found.success) return Result.succeed(other)
  }
  return none
}

const matches = ({ row, type, values }: Claims.Fitting, image: Attributes): Result.Result<boolean, string> => {
  for (const [name, text] of type) {
    const value = Object.hasOwn(image, name) ? image[name] : undefined
    if (value === undefined) return noMatch
    if (typeof value !== "object" || value === null || typeOf(value) === undefined) {
      return Result.fail(`field "${name}" ${typeProblem(value)}`)
    }
    if (!("S" in value) || value.S !== text) return noMatch
  }
  return rowCodec.of(row).takes(image, values)
}

const noMatch = Result.succeed(false)
