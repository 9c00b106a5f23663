/**
 * The order in which the kinds of an aggregate's rows are asked for a key: of two that take it, the one wins whose keys
 * are all among the other's. Kinds that take the very same keys stand together; their rows' data tells them apart.
 */
import { covers } from "./covers.ts"
import type { Template } from "./Key.ts"
import { overlap } from "./overlap.ts"

/** Two kinds of rows, and a key that both take, though neither takes all that the other does; a conflict. */
export interface Ambiguity<Row> {
  readonly a: Row
  readonly b: Row
  /** Empty where it was not found. */
  readonly key: ReadonlyArray<string>
}

export interface Precedence<Row> {
  /** The more specific kinds first; the kinds of one entry take the same keys, in the order in which they came. */
  readonly order: ReadonlyArray<ReadonlyArray<Row>>
  readonly ambiguities: ReadonlyArray<Ambiguity<Row>>
  /** For each kind those that take keys which it would take without them. */
  readonly before: ReadonlyMap<Row, ReadonlyArray<Row>>
}

export const of = <Row>(
  rows: ReadonlyArray<Row>,
  templatesOf: (row: Row) => ReadonlyArray<Template>
): Precedence<Row> => {
  const ambiguities: Array<Ambiguity<Row>> = []
  const before = new Map<Row, Array<Row>>(rows.map((row) => [row, []]))
  const same = new Map<Row, Array<Row>>()
  for (const [i, a] of rows.entries()) {
    const known = same.get(a) ?? [a]
    same.set(a, known)
    for (const b of rows.slice(i + 1)) {
      const [left, right] = [templatesOf(a), templatesOf(b)]
      const key = overlap(left, right)
      if (key === undefined) continue
      const [isWider, isNarrower] = [covers(left, right), covers(right, left)]
      if (isWider && isNarrower) {
        if (!known.includes(b)) known.push(b)
        same.set(b, known)
      } else if (isWider) before.get(a)!.push(b)
      else if (isNarrower) before.get(b)!.push(a)
      else ambiguities.push({ a, b, key })
    }
  }
  // A kind that is within another has all of its own more specific kinds fewer than that one.
  const groups = [...new Set(same.values())]
  const order = groups.toSorted(([a], [b]) => before.get(a!)!.length - before.get(b!)!.length)
  return { order, ambiguities, before }
}
