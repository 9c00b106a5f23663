/**
 * Findings of an attempt on the rows of its patch, for the next attempt to begin with: which rows are refused, and
 * which pieces are still to be tried. Rows in another version than then, or with other data, are tried like any
 * other. Pure.
 */
import { Hash } from "effect"
import * as Version from "../Version.ts"
import * as Mark from "../fold/Mark.ts"
import * as Patch from "../fold/Patch.ts"
import * as Attempt from "./Attempt.ts"
import type { Refusal } from "./Sink.ts"

export interface Unfinished {
  /** Refused rows by their keys, with the versions that are refused. */
  readonly refused: ReadonlyMap<string, Refused>
  /** The row keys of the pieces that are still to be tried, the next piece first. */
  readonly pieces: ReadonlyArray<ReadonlyArray<string>>
  /** The versions of rows that the document has. */
  readonly done: ReadonlyMap<string, Version.Version>
  /** Marks that the document may not have yet. */
  readonly marks: Mark.Marks
}

interface Refused {
  readonly refusal: Refusal
  readonly version: Version.Version
  /** Of the row's text: rows read in the same moment stand under one version. */
  readonly hash: number
  /** Tells whether it is known that the document is taken without the row. */
  readonly isProven: boolean
}

/** Takes down what an attempt leaves behind. */
export const of = (attempt: Attempt.Attempt): Unfinished => {
  const { patch, pieces, proven, refusals } = attempt
  const refused = new Map<string, Refused>()
  const open = new Set(pieces.flatMap(({ registers }) => [...registers.keys()]))
  for (const [i, refusal] of refusals.entries()) {
    const { rowKey } = refusal
    const change = rowKey === undefined ? undefined : patch.registers.get(rowKey)
    if (rowKey === undefined || change === undefined) continue
    refused.set(rowKey, { refusal, version: change.version, hash: hashOf(change), isProven: i < proven })
  }
  const done = [...patch.registers].flatMap(
    ([rowKey, { version }]): ReadonlyArray<readonly [string, Version.Version]> =>
      open.has(rowKey) || refused.has(rowKey) ? [] : [[rowKey, version]]
  )
  const marks = pieces.reduce((marks, piece) => Mark.combine(marks, piece.marks ?? Mark.none), attempt.marks)
  const names = pieces.map(({ registers }) => [...registers.keys()]).filter((rowKeys) => rowKeys.length > 0)
  return { refused, pieces: names, done: new Map(done), marks }
}

/** Counts the rows that it speaks of. */
export const size = ({ done, pieces, refused }: Unfinished): number =>
  pieces.reduce((sum, { length }) => sum + length, refused.size + done.size)

/** Goes on where an attempt ended: first rows that are new, then what was open, then what was done. */
export const resume = (patch: Patch.Patch, { done, marks, pieces, refused }: Unfinished): Attempt.Attempt => {
  const isSame = (rowKey: string, version: Version.Version | undefined) => {
    const own = patch.registers.get(rowKey)?.version
    return own !== undefined && version !== undefined && Version.compare(own, version) === 0
  }
  const known = [...refused].filter(
    ([rowKey, { hash, version }]) => isSame(rowKey, version) && hashOf(patch.registers.get(rowKey)!) === hash
  )
  const isKnown = new Set(known.map(([rowKey]) => rowKey))
  const placed = new Set([...isKnown, ...pieces.flat()])
  const rest = [...patch.registers.keys()].filter((rowKey) => !placed.has(rowKey))
  const groups = [
    rest.filter((rowKey) => !isSame(rowKey, done.get(rowKey))),
    ...pieces.map((piece) => piece.filter((rowKey) => patch.registers.has(rowKey) && !isKnown.has(rowKey))),
    rest.filter((rowKey) => isSame(rowKey, done.get(rowKey)))
  ]
  const proven = known.filter(([, { isProven }]) => isProven)
  const unproven = known.filter(([, { isProven }]) => !isProven)
  const attempt: Attempt.Attempt = {
    ...Attempt.start(patch),
    marks: Mark.combine(marks, patch.marks ?? Mark.none),
    refusals: [...proven, ...unproven].map(([, { refusal }]) => refusal),
    proven: proven.length
  }
  const open = groups.flatMap((rowKeys): Patch.Changes | [] =>
    rowKeys.length === 0 ? [] : { registers: new Map(rowKeys.map((rowKey) => [rowKey, patch.registers.get(rowKey)!])) }
  )
  return unproven.length === 0 ? Attempt.goOn(attempt, open) : Attempt.prove(attempt, open)
}

const hashOf = ({ json }: Patch.Change): number => Hash.string(json ?? "")
