/**
 * All that is wrong with a refused row, where a dead letter says as much as fits into a sentence. It is asked for rows
 * that were refused alone, so it may take its time. Pure; no problem holds data of the row.
 */
import { Result, Schema } from "effect"
import { issuesOf } from "../define/issues.ts"
import { jsonCodec } from "../define/jsonCodec.ts"
import { inWords } from "../define/members.ts"
import { memo } from "../memo.ts"
import type * as Shape from "../define/Shape.ts"
import type { Attributes } from "../source/Change.ts"
import { typeAt } from "./attributeType.ts"
import { Reader, wanted } from "./attributes.ts"
import type * as Claim from "./Claim.ts"
import { kindOf } from "./decode.ts"
import { nullAsAbsent } from "./nullAsAbsent.ts"
import { alternativesOf, fieldOf } from "./rowCodec.ts"

export interface RowProblem {
  /** The path to it, `lines[].sku`; "" where it is of no field. Names that are data are `*`. */
  readonly field: string
  /** Words for what was expected, or for what is wrong. */
  readonly expected: string
  /** The attribute's type that came instead, where there is one. */
  readonly got: string | undefined
  /** The attribute that the field is in, or is. */
  readonly attribute: string | undefined
}

/** A refused row's kind, and what is wrong with it: at least one problem, each once. */
export interface RowProblems {
  readonly row: Shape.RowShape
  readonly problems: ReadonlyArray<RowProblem>
}

/** Finds all problems of a claimed row that was refused; `reason` says why, which is all there is to say of some. */
export const rowProblems = (claim: Claim.Claim, reason: string): RowProblems => {
  const { image } = claim.change
  const kind = image === undefined ? undefined : kindOf(claim, image)
  const found = kind === undefined || Result.isFailure(kind) ? undefined : kind.success
  if (found === undefined) return { row: claim.row, problems: [ofReason(reason)] }
  const problems = [...new Map(finderOf(found.row)(image!, found.values).map((one) => [keyOf(one), one])).values()]
  return { row: found.row, problems: problems.length === 0 ? [ofReason(reason)] : problems }
}

/** The problem that a refusal's sentence tells. */
export const ofReason = (reason: string): RowProblem => {
  const [, field = "", expected = reason] = /^(?:field|the key attribute) "(.*?)":? (.*)$/s.exec(reason) ?? []
  return { field: elementless(field), expected, got: undefined, attribute: field === "" ? undefined : field }
}

const keyOf = ({ expected, field, got }: RowProblem) => JSON.stringify([field, expected, got])

/** Elements of a list are of one field. */
const elementless = (field: string): string => field.replaceAll(/\[\d+\]/g, "[]")

const finderOf = memo((row: Shape.RowShape) => {
  const codec = jsonCodec(row.schema)
  const want = wanted(codec.ast)
  const alternatives = alternativesOf(codec)
  /** The schema that a row is meant for, of several alternatives; `undefined` where it is of none. */
  const codecFor = (value: object) => {
    if (alternatives === undefined) return codec
    const { members, name, values } = alternatives
    const own = Object.getOwnPropertyDescriptor(value, name)?.value as unknown
    return members[values.findIndex((literals) => literals.some((literal) => literal === own))]
  }
  return (image: Attributes, values: Shape.Values): ReadonlyArray<RowProblem> => {
    const reader = new Reader()
    const value = reader.row(image, values, want)
    const unread = reader.problem === undefined ? [] : [reader.problem, ...(reader.otherProblems ?? [])]
    const ofReading = unread.map(({ message, path }) => ({
      field: elementless(path),
      expected: message,
      got: undefined,
      attribute: Object.keys(image).find((name) => path === name || /^[.[]/.test(path.slice(name.length)))
    }))
    const isUnread = (field: string) => unread.some(({ path }) => field.startsWith(path) || path.startsWith(field))
    const meant = codecFor(value)
    if (meant === undefined) {
      const { name, values } = alternatives!
      const expected = `Expected ${inWords(values.flat())}`
      return [...ofReading, { field: name, expected, got: typeAt(image, [name]), attribute: name }]
    }
    const read = reader.hasNull ? nullAsAbsent(meant) : meant
    const issues = issuesIn(() => Schema.decodeUnknownResult(read)(value, { errors: "all" }))
    return [
      ...ofReading,
      ...issues.flatMap(({ message, path }): ReadonlyArray<RowProblem> => {
        const field = fieldOf(path, want)
        if (isUnread(field)) return []
        const attribute = path.length === 0 ? undefined : String(path[0])
        return [{ field: elementless(field), expected: message, got: typeAt(image, path), attribute }]
      })
    ]
  }
})

/** A transform that throws is told of by the reason alone. */
const issuesIn = (decode: () => Result.Result<unknown, Schema.SchemaError>) => {
  try {
    const decoded = decode()
    return Result.isFailure(decoded) ? issuesOf(decoded.failure) : []
  } catch {
    return []
  }
}
