/**
 * The aggregates that claim a row, by its key. Each asks its kinds of rows, the more specific ones first. A name at the
 * end stops where any template of the table goes on after the same text: in partition keys those of all aggregates, in
 * sort keys those of the aggregates that may share a partition.
 */
import * as Key from "./Key.ts"
import { overlap } from "./overlap.ts"
import type * as Shape from "./Shape.ts"

/** A row that an aggregate claims. */
export interface Claim {
  readonly shape: Shape.Shape
  readonly row: Shape.RowShape
  /** The values that the names of the templates stand for in this row's key. */
  readonly values: Shape.Values
}

export type Claims = (partition: string, sort: string | undefined) => ReadonlyArray<Claim>

interface Kind {
  readonly row: Shape.RowShape
  readonly sortKey: Key.Template | undefined
}

interface Claimant {
  readonly shape: Shape.Shape
  readonly partition: Key.Template
  readonly kinds: ReadonlyArray<Kind>
  /** True where no later claimant takes a partition that this one takes. */
  readonly isLast: boolean
}

/** Finds who claims a row by its key texts (numbers in plain decimals, binary as base64): each aggregate once. */
export const of = (shapes: ReadonlyArray<Shape.Shape>): Claims => {
  const claimants = claimantsOf(shapes)
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

const claimantsOf = (shapes: ReadonlyArray<Shape.Shape>): ReadonlyArray<Claimant> => {
  const texts = shapes.map(({ partition }) => partition.text)
  const partitions = shapes.map(({ partition }) => Key.stopAt(partition, Key.stopsAmong(partition.text, texts)))
  const isShared = (a: number, b: number) => a === b || overlap([partitions[a]!], [partitions[b]!]) !== undefined
  return shapes.map((shape, i): Claimant => {
    const around = shapes.filter((_, at) => isShared(i, at))
    const sorts = around.flatMap(({ rows }) => rows.flatMap(({ sortKey }) => sortKey?.text ?? []))
    const kinds = shape.precedence.order.flat().map((row): Kind => {
      const { sortKey } = row
      return { row, sortKey: sortKey && Key.stopAt(sortKey, Key.stopsAmong(sortKey.text, sorts)) }
    })
    return { shape, partition: partitions[i]!, kinds, isLast: around.at(-1) === shape }
  })
}

const claimFor = (
  { kinds, partition: template, shape }: Claimant,
  partition: string,
  sort: string | undefined
): Claim | undefined => {
  const values = template.parse(partition)
  if (values === undefined) return undefined
  for (const { row, sortKey } of kinds) {
    if (sortKey === undefined) return { shape, row, values }
    const own = sort === undefined ? undefined : sortKey.parse(sort)
    if (own === undefined) continue
    if (!row.repeatsName) return { shape, row, values: sortKey.names.length === 0 ? values : { ...values, ...own } }
    const all = Key.combine(values, own)
    if (all !== undefined) return { shape, row, values: all }
  }
  return undefined
}
