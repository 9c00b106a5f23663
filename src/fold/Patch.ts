/**
 * Changes of one aggregate, out of events: registers by row key, and marks of rows whose newest state was refused.
 * Combining takes the newer one of each row, which is commutative, associative and idempotent, with the empty patch as
 * identity: order and grouping of events do not count.
 */
import { Reducer } from "effect"
import { groupBy } from "../groupBy.ts"
import { linesOf, type RowEvent, textOf, versionOf } from "../decode/RowEvent.ts"
import * as inspection from "../define/inspection.ts"
import * as Version from "../Version.ts"
import type { DocumentRef } from "../define/DocumentRef.ts"
import type { Shape } from "../define/Shape.ts"
import * as Mark from "./Mark.ts"
import * as Register from "./Register.ts"

export interface Change extends Register.Register {
  /** True where some event said that the row is new; a hint that the document may be new too. */
  readonly isInsert: boolean
  /** The time at which the row changed, in epoch milliseconds, where known. */
  readonly changedAt: number | undefined
}

export type Registers = ReadonlyMap<string, Change>

/** The content of a patch. */
export interface Changes {
  readonly registers: Registers
  /** Each newer than its row's register; `undefined` for none, as mostly. */
  readonly marks?: Mark.Marks | undefined
}

export interface Patch extends DocumentRef, Changes {
  /** The unreadable document whose place the patch takes: it brings all that the table has of the aggregate. */
  readonly replaces?: Replaced | undefined
}

/** An unreadable document: where it stood in its index's history, and when its aggregate's rows were then read. */
export interface Replaced {
  readonly seqNo: number
  readonly primaryTerm: number
  /** In epoch milliseconds. */
  readonly readAt: number
}

/** Makes a patch that shows itself with a line for each row. */
export const make = inspection.maker((patch: Patch) =>
  linesOf(patch, [
    ...[...patch.registers].map(([rowKey, change]) => `${textOf({ ...change, rowKey })} @ ${versionOf(change)}`),
    ...[...(patch.marks ?? Mark.none)].map(([rowKey, version]) => Mark.textOf({ rowKey, version }))
  ])
)

export const empty: Changes = { registers: new Map() }

/** Registers with the marks that stand beside them. */
export const changes = (registers: Registers, marks: Mark.Marks): Changes => {
  if (marks.size === 0) return { registers }
  const standing = [...marks].filter(([rowKey, version]) => Mark.stands(version, registers.get(rowKey)))
  return standing.length === 0 ? { registers } : { registers, marks: new Map(standing) }
}

/** Tells whether a patch brings nothing. */
export const isEmpty = ({ marks, registers }: Changes): boolean => registers.size === 0 && marks === undefined

/** The content of both sides, the newer one of each row. */
export const combine = (self: Changes, that: Changes): Changes =>
  changes(
    combineRegisters(self.registers, that.registers),
    Mark.combine(self.marks ?? Mark.none, that.marks ?? Mark.none)
  )

const combineRegisters = (self: Registers, that: Registers): Registers => {
  if (self.size === 0) return that
  if (that.size === 0) return self
  const out = new Map(self)
  for (const [rowKey, change] of that) add(out, rowKey, change)
  return out
}

export const reducer: Reducer.Reducer<Changes> = Reducer.make(combine, empty)

/** The patches of a batch of events, one for each aggregate. */
export const fromEvents = (events: Iterable<RowEvent>): ReadonlyArray<Patch> =>
  [...byDocument(events, (event) => event).values()].flatMap((documents) =>
    [...documents.values()].map((own): Patch => {
      const { id, longKey, shape } = own[0]!
      const registers = new Map<string, Change>()
      const marks = new Map<string, Version.Version>()
      for (const { changedAt, isInsert, json, refused, row, rowKey, version } of own) {
        if (refused !== undefined) Mark.add(marks, rowKey, version)
        else add(registers, rowKey, { row, version, json, isInsert, changedAt })
      }
      return make({ shape, id, longKey, ...changes(registers, marks) })
    })
  )

/** Items by the shape and the id of their documents, in the order in which these first come. */
export const byDocument = <A>(
  items: Iterable<A>,
  of: (item: A) => Pick<DocumentRef, "shape" | "id">
): ReadonlyMap<Shape, ReadonlyMap<string, ReadonlyArray<A>>> =>
  new Map(
    [...groupBy(items, (item) => of(item).shape)].map(([shape, own]) => [shape, groupBy(own, (item) => of(item).id)])
  )

/** Tells whether the patch may make a new document: it holds nothing but inserts, the root among them. */
export const isAllNew = (patch: Patch): boolean => {
  let hasRoot = patch.shape.root === undefined && patch.registers.size > 0
  for (const change of patch.registers.values()) {
    if (!change.isInsert) return false
    if (change.row === patch.shape.root) hasRoot = true
  }
  return hasRoot
}

/** Counts the rows of a scan that a document has in the version of a stream that is newer. */
export const outdated = (patch: Patch, document: { readonly rows: ReadonlyArray<Known> } | undefined): number => {
  let count = 0
  if (document === undefined || !hasScan(patch)) return count
  for (const { rowKey, version } of document.rows) {
    const change = patch.registers.get(rowKey)
    if (change?.version.kind === 0 && version.kind === 1 && Version.compare(version, change.version) > 0) count++
  }
  return count
}

const hasScan = ({ registers }: Patch): boolean => {
  for (const { version } of registers.values()) if (version.kind === 0) return true
  return false
}

/** Tells whether a document has a row in just the version that the patch brings: it was delivered before. */
export const isRepeated = (patch: Patch, { rows }: { readonly rows: ReadonlyArray<Known> }): boolean =>
  rows.some(({ rowKey, version }) => {
    const change = patch.registers.get(rowKey)
    return change !== undefined && Version.compare(version, change.version) === 0
  })

interface Known {
  readonly rowKey: string
  readonly version: Version.Version
}

/** Puts what a row changed into registers, if it is newer than what they have. */
export const add = (into: Map<string, Change>, rowKey: string, change: Change): void => {
  const known = into.get(rowKey)
  if (known === undefined) {
    into.set(rowKey, change)
    return
  }
  const order = Register.compare(change, known)
  const winner = order > 0 ? change : known
  const isInsert = change.isInsert || known.isInsert
  const changedAt = order === 0 ? latest(change.changedAt, known.changedAt) : winner.changedAt
  if (winner.isInsert === isInsert && winner.changedAt === changedAt) into.set(rowKey, winner)
  else into.set(rowKey, { ...winner, isInsert, changedAt })
}

const latest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b)
