/**
 * A batch's changes become patches, one for each document. A patch's rows are decoded when they are first looked at: a
 * sink that writes in groups has the server at work on one while the next is decoded. A row whose newest change can't
 * be decoded leaves a mark. Pure.
 */
import { Result } from "effect"
import * as Claim from "../decode/Claim.ts"
import { jsonOf } from "../decode/decode.ts"
import { groupBy } from "../decode/groupBy.ts"
import type { Misconfigured, Unclaimed, Reject } from "../decode/RowEvent.ts"
import * as Version from "../decode/Version.ts"
import type * as Table from "../define/Table.ts"
import * as Mark from "../fold/Mark.ts"
import * as Patch from "../fold/Patch.ts"
import type { MalformedRecord } from "../source/record/streamRecord.ts"

/** What is known of a change before its data is decoded. */
export type Claimed = Claim.Claim | Reject | Unclaimed | Misconfigured | MalformedRecord

export interface Patches {
  /** In the order in which their documents first come. One brings marks alone where none of its rows can be decoded. */
  readonly patches: ReadonlyArray<Patch.Patch>
  /** What each change comes to, in the order of the batch: a claim stays one unless its row can't be decoded. */
  readonly meanings: () => ReadonlyArray<Claimed>
}

/**
 * The patches of a batch. Of several changes of one row only the newest is decoded, and an older one where that is
 * refused: what is older than a row's state can't change the document, nor needs a dead letter.
 */
export const of = (table: Table.Table, claimed: ReadonlyArray<Claimed>): Patches => {
  const rejects = new Map<number, Reject>()
  const refuse = ({ claim: { change, shape, version }, index }: Placed, reason: string) =>
    rejects.set(index, Claim.reject(table, change, shape, version, reason))
  const patches = [...byDocument(claimed).values()].flatMap((documents) =>
    [...documents.values()].map((own) => {
      const { id, longKey, shape } = own[0]!.claim
      return Patch.deferred({ shape, id, longKey }, () => {
        const registers = new Map<string, Patch.Change>()
        const marks = new Map<string, Version.Version>()
        const refuseRow = (placed: Placed, reason: string) => {
          refuse(placed, reason)
          Mark.add(marks, placed.claim.rowKey, placed.claim.version)
        }
        for (const row of groupBy(own, ({ claim }) => claim.rowKey).values()) register(registers, row, refuseRow)
        return Patch.changes(registers, marks)
      })
    })
  )
  return {
    patches,
    meanings: () => {
      for (const patch of patches) void patch.registers
      return rejects.size === 0 ? claimed : claimed.map((claim, index) => rejects.get(index) ?? claim)
    }
  }
}

/** A claim with its change's place in the batch. */
export interface Placed {
  readonly claim: Claim.Claim
  readonly index: number
}

/** The claims of a batch by shape and document id. */
export const byDocument = (claimed: ReadonlyArray<Claimed>) =>
  Patch.byDocument(
    claimed.flatMap((claim, index): Placed | [] => (claim._tag === "Claim" ? { claim, index } : [])),
    ({ claim }) => claim
  )

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
    const { changedAt, row, rowKey, version } = placed.claim
    const known = into.get(rowKey)
    if (known !== undefined && Version.compare(version, known.version) < 0) return
    const json = jsonOf(placed.claim)
    if (Result.isFailure(json)) refuse(placed, json.failure)
    else Patch.add(into, rowKey, { row, version, json: json.success, isInsert, changedAt })
  }
}
