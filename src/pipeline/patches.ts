/**
 * A batch's changes become patches, one for each document: grouped by their claims, which are keys alone and of which a
 * change may have several, then decoded and folded document by document. A row whose newest change can't be decoded
 * leaves a mark. Pure.
 */
import { Result } from "effect"
import * as Claim from "../decode/Claim.ts"
import { contentOf } from "../decode/decode.ts"
import { groupBy } from "../groupBy.ts"
import type { Reject } from "../decode/RowEvent.ts"
import * as Version from "../Version.ts"
import type * as Table from "../define/Table.ts"
import * as Mark from "../fold/Mark.ts"
import * as Patch from "../fold/Patch.ts"
import type { Change } from "../source/Change.ts"
import type { MalformedRecord } from "../source/record/streamRecord.ts"

/** A claim of a change, or why it can't be taken. */
export type Meaning = Claim.Claimed | MalformedRecord

/** The meanings of a change: a claim for each aggregate that its row is of; empty where no aggregate claims it. */
export type Claimed = ReadonlyArray<Meaning>

/** A claim with its change's place in the batch. */
export interface Placed {
  readonly claim: Claim.Claim
  readonly index: number
}

/** The changes of a batch that belong to one document: one at least. */
export type Group = ReadonlyArray<Placed>

/** The patch of one document, and which of its claims can't be decoded. */
export interface Folded extends Patch.Patch {
  readonly rejects: ReadonlyArray<Rejected>
}

/** A claim whose data can't be decoded. */
export interface Rejected {
  readonly claim: Claim.Claim
  readonly reject: Reject
}

/** The claims of a batch's changes. */
export const claim = (
  table: Table.Table,
  changes: ReadonlyArray<Result.Result<Change, MalformedRecord>>
): ReadonlyArray<Claimed> =>
  changes.map((change) => (Result.isSuccess(change) ? Claim.of(table, change.success) : [change.failure]))

/** The claims of a batch by shape and document id. */
export const byDocument = (claimed: ReadonlyArray<Claimed>) => {
  const placed: Array<Placed> = []
  for (const [index, meanings] of claimed.entries()) {
    for (const claim of meanings) if (claim._tag === "Claim") placed.push({ claim, index })
  }
  return Patch.byDocument(placed, ({ claim }) => claim)
}

/** The claims of a batch, a group for each document, in the order in which documents first come. */
export const groups = (claimed: ReadonlyArray<Claimed>): ReadonlyArray<Group> =>
  [...byDocument(claimed).values()].flatMap((documents) => [...documents.values()])

/**
 * Decodes and folds the changes of one document. Of several changes of one row only the newest is decoded, and an older
 * one where that is refused: what is older than a row's state can't change the document, nor needs a dead letter. A
 * change that says nothing to the aggregate is left out before. The patch brings marks alone where none of its rows can
 * be decoded, and nothing at all where all are left out.
 */
export const fold = (table: Table.Table, group: Group): Folded => {
  const { id, longKey, shape } = group[0]!.claim
  const registers = new Map<string, Patch.Change>()
  const marks = new Map<string, Version.Version>()
  const rejects: Array<Rejected> = []
  const refuse = ({ claim }: Placed, reason: string) => {
    const { change, rowKey, shape, version } = claim
    rejects.push({ claim, reject: Claim.reject(table, change, shape, version, reason) })
    Mark.add(marks, rowKey, version)
  }
  for (const row of groupBy(group, ({ claim }) => claim.rowKey).values()) register(registers, row, refuse)
  return Patch.make({ shape, id, longKey, ...Patch.changes(registers, marks), rejects })
}

/** The claims of a batch, with the rejects that decoding found in the place of theirs. */
export const withRejects = (claimed: ReadonlyArray<Claimed>, folded: ReadonlyArray<Folded>): ReadonlyArray<Claimed> => {
  const rejects = new Map<Meaning, Reject>()
  for (const own of folded) for (const { claim, reject } of own.rejects) rejects.set(claim, reject)
  if (rejects.size === 0) return claimed
  return claimed.map((meanings) =>
    meanings.some((meaning) => rejects.has(meaning))
      ? meanings.map((meaning) => rejects.get(meaning) ?? meaning)
      : meanings
  )
}

/** Puts the newest of one row's changes that can be decoded into registers, and refuses those that can't. */
const register = (
  into: Map<string, Patch.Change>,
  changes: ReadonlyArray<Placed>,
  refuse: (placed: Placed, reason: string) => void
): void => {
  const newestFirst =
    changes.length === 1 ? changes : changes.toSorted((a, b) => Version.compare(b.claim.version, a.claim.version))
  const isInsert = changes.some(({ claim }) => claim.isInsert)
  for (const placed of newestFirst) {
    const { changedAt, rowKey, version } = placed.claim
    const known = into.get(rowKey)
    if (known !== undefined && Version.compare(version, known.version) < 0) return
    const content = contentOf(placed.claim)
    if (Result.isFailure(content)) refuse(placed, content.failure)
    else if (content.success !== undefined) {
      const { json, row } = content.success
      Patch.add(into, rowKey, { row, version, json, isInsert, changedAt })
    }
  }
}
