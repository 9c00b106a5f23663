/**
 * The aggregates that claim a row, by its key. Each asks its kinds of rows, the more specific ones first. A name at the
 * end stops where any template of the table goes on after the same text: in partition keys those of all aggregates, in
 * sort keys those of the aggregates that may share a partition. Kinds that take the same keys are told apart by data:
 * one claim holds them all.
 */
import * as Key from "./Key.ts"
import { overlap } from "./overlap.ts"
import type * as Shape from "./Shape.ts"

/** A kind of rows that a key fits. */
export interface Fitting {
  readonly row: Shape.RowShape
  /** The texts that attributes of such a row hold, by their names. */
  readonly type: ReadonlyArray<readonly [attribute: string, text: string]>
  /** The values that the names of the templates stand for in this row's key. */
  readonly values: Shape.Values
}

/** A row that an aggregate claims, as the first declared kind that its key fits. */
export interface Claim extends Fitting {
  readonly shape: Shape.Shape
  /** The other kinds that its key fits, in the order of their declaration: none, mostly. */
  readonly others: ReadonlyArray<Fitting>
}

export type Claims = (partition: string, sort: string | undefined) => ReadonlyArray<Claim>

interface Kind {
  readonly row: Shape.RowShape
  readonly sortKey: Key.Template | undefined
  readonly type: Fitting["type"]
  /** The kinds after this one that take the same keys. */
  readonly others: ReadonlyArray<Kind>
}

interface Claimant {
  readonly shape: Shape.Shape
  readonly partition: Key.Template
  readonly kinds: ReadonlyArray<Kind>
  /** True where no later claimant takes a partition that this one takes. */
  readonly isLast: boolean
}

/** Finds who claims a row by its key texts (numbers in plain decimals, binary as base64): each aggregate once. */
export const of = (shapes: ReadonlyArray<Shape.Shape>, typeAttribute?: string): Claims => {
  const claimants = claimantsOf(shapes, typeAttribute)
  return (partition, sort) => {
    let claims = none
    for (const claimant of claimants) {
      const claim = claimFor(claimant, partition, sort)
      if (claim === undefined) continue
      claims = claims === none ? [claim] : [...claims, claim]
      if (claimant.isLast) break
    }
    return claims
  }
}

const none: ReadonlyArray<Claim> = []

const claimantsOf = (
  shapes: ReadonlyArray<Shape.Shape>,
  typeAttribute: string | undefined
): ReadonlyArray<Claimant> => {
  const texts = shapes.map(({ partition }) => partition.text)
  const partitions = shapes.map(({ partition }) => Key.stopAt(partition, Key.stopsAmong(partition.text, texts)))
  const isShared = (a: number, b: number) => a === b || overlap([partitions[a]!], [partitions[b]!]) !== undefined
  return shapes.map((shape, i): Claimant => {
    const around = shapes.filter((_, at) => isShared(i, at))
    const sorts = around.flatMap(({ rows }) => rows.flatMap(({ sortKey }) => sortKey?.text ?? []))
    const kindOf = (row: Shape.RowShape): Kind => ({
      row,
      sortKey: row.sortKey && Key.stopAt(row.sortKey, Key.stopsAmong(row.sortKey.text, sorts)),
      type: typeOf(row, typeAttribute),
      others: []
    })
    const kinds = shape.precedence.order.map((alike): Kind => {
      const [first, ...others] = alike.map(kindOf)
      return { ...first!, others }
    })
    return { shape, partition: partitions[i]!, kinds, isLast: around.at(-1) === shape }
  })
}

const typeOf = ({ type }: Shape.RowShape, typeAttribute: string | undefined): Fitting["type"] => {
  if (type === undefined) return anyType
  return typeof type === "string" ? [[typeAttribute ?? "", type]] : Object.entries(type)
}

const anyType: Fitting["type"] = []

const claimFor = (
  { kinds, partition: template, shape }: Claimant,
  partition: string,
  sort: string | undefined
): Claim | undefined => {
  const values = template.parse(partition)
  if (values === undefined) return undefined
  for (const { others, row, sortKey, type } of kinds) {
    const all = valuesOf(row, sortKey, values, sort)
    if (all === undefined) continue
    return { shape, row, type, values: all, others: others.length === 0 ? noOthers : fitting(others, values, sort) }
  }
  return undefined
}

const noOthers: ReadonlyArray<Fitting> = []

const fitting = (kinds: ReadonlyArray<Kind>, partition: Shape.Values, sort: string | undefined) =>
  kinds.flatMap(({ row, sortKey, type }): Fitting | [] => {
    const values = valuesOf(row, sortKey, partition, sort)
    return values === undefined ? [] : { row, type, values }
  })

/** The values of all names of a row's key; `undefined` where its sort key does not fit. */
const valuesOf = (
  row: Shape.RowShape,
  sortKey: Key.Template | undefined,
  partition: Shape.Values,
  sort: string | undefined
): Shape.Values | undefined => {
  if (sortKey === undefined) return partition
  const own = sort === undefined ? undefined : sortKey.parse(sort)
  if (own === undefined) return undefined
  if (row.repeatsName) return Key.combine(partition, own)
  return sortKey.names.length === 0 ? partition : { ...partition, ...own }
}
