/**
 * A batch's changes become patches, one for each document. A patch's rows are decoded when they are first looked at: a
 * sink that writes in groups has the server at work on one while the next is decoded. Pure.
 */
import { Result } from "effect"
import * as Claim from "./decode/Claim.ts"
import { jsonOf } from "./decode/decode.ts"
import type { Misconfigured, PassedOver, Reject } from "./decode/RowEvent.ts"
import * as Version from "./decode/Version.ts"
import type { Shape } from "./define/Shape.ts"
import type * as Table from "./define/Table.ts"
import * as Patch from "./fold/Patch.ts"
import type { MalformedRecord } from "./source/streamRecord.ts"

/** What is known of a change before its data is decoded. */
export type Claimed = Claim.Claim | Reject | PassedOver | Misconfigured | MalformedRecord

export interface Patches {
  /** In the order in which their documents first come. One is empty where none of its rows can be decoded. */
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
  const jsonAt = (index: number, { change, shape, version }: Claim.Claim): string | undefined | Reject => {
    const json = jsonOf(claimed[index] as Claim.Claim)
    if (Result.isSuccess(json)) return json.success
    const reject = Claim.reject(table, change, shape, version, json.failure)
    rejects.set(index, reject)
    return reject
  }
  const patches = [...byDocument(claimed)].map(({ id, indexes, longKey, shape }) =>
    Patch.deferred({ shape, id, longKey }, () => {
      const registers = new Map<string, Patch.Change>()
      for (const [rowKey, own] of byRow(claimed, indexes)) register(registers, rowKey, own, jsonAt)
      return registers
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

interface Own {
  readonly index: number
  readonly claim: Claim.Claim
}

const register = (
  into: Map<string, Patch.Change>,
  rowKey: string,
  changes: ReadonlyArray<Own>,
  jsonAt: (index: number, claim: Claim.Claim) => string | undefined | Reject
): void => {
  const newestFirst =
    changes.length === 1 ? changes : changes.toSorted((a, b) => Version.compare(b.claim.version, a.claim.version))
  const isInsert = changes.some(({ claim }) => claim.isInsert)
  for (const { claim, index } of newestFirst) {
    const { changedAt, row, version } = claim
    const known = into.get(rowKey)
    if (known !== undefined && Version.compare(version, known.version) < 0) return
    const json = jsonAt(index, claim)
    if (typeof json !== "object") Patch.add(into, rowKey, { row, version, json, isInsert, changedAt })
  }
}

const byRow = (claimed: ReadonlyArray<Claimed>, indexes: ReadonlyArray<number>): Map<string, Array<Own>> => {
  const rows = new Map<string, Array<Own>>()
  for (const index of indexes) {
    const claim = claimed[index] as Claim.Claim
    const known = rows.get(claim.rowKey)
    if (known === undefined) rows.set(claim.rowKey, [{ index, claim }])
    else known.push({ index, claim })
  }
  return rows
}

interface Group extends Omit<Patch.Patch, "registers"> {
  readonly indexes: Array<number>
}

const byDocument = function* (claimed: ReadonlyArray<Claimed>): Iterable<Group> {
  const byShape = new Map<Shape, Map<string, Group>>()
  for (let index = 0; index < claimed.length; index++) {
    const claim = claimed[index]!
    if (claim._tag !== "Claim") continue
    const { id, longKey, shape } = claim
    let groups = byShape.get(shape)
    if (groups === undefined) byShape.set(shape, (groups = new Map()))
    const group = groups.get(id)
    if (group === undefined) groups.set(id, { shape, id, longKey, indexes: [index] })
    else group.indexes.push(index)
  }
  for (const groups of byShape.values()) yield* groups.values()
}
