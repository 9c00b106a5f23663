/** The table's rows, in order, as the server told of them. */
import { type ReadonlySignal, signal } from "@preact/signals"
import type { Row, Rows } from "../../messages.ts"
import { type KeyNames, merged } from "../model/tableLines.ts"

export interface TableRows {
  /** In the order of their keys. */
  readonly rows: ReadonlySignal<ReadonlyArray<Row>>
  /** True where the table has more rows than are told of. */
  readonly arePart: ReadonlySignal<boolean>
  readonly rowOf: (row: string) => Row | undefined
  /** The time at which a row came as news; `undefined` for the first ones. */
  readonly cameAt: (row: Row) => number | undefined
  readonly take: (message: Rows, isNews: boolean) => void
}

export const make = (names: () => KeyNames, later: (work: () => void) => void, now: () => number): TableRows => {
  const rows = signal<ReadonlyArray<Row>>([])
  const arePart = signal(false)
  let byRow = new Map<string, Row>()
  let news = new WeakMap<Row, number>()
  let changed = new Map<string, Row>()
  let removed = new Set<string>()

  const show = () => {
    rows.value = merged(rows.value, [...changed.values()], [...removed], names())
    changed = new Map()
    removed = new Set()
  }
  const forget = () => {
    byRow = new Map()
    news = new WeakMap()
    changed = new Map()
    removed = new Set()
    rows.value = []
  }
  const take: TableRows["take"] = (message, isNews) => {
    if (message.isFirst) forget()
    arePart.value = message.isPart
    for (const row of message.rows) {
      if (isNews) news.set(row, now())
      byRow.set(row.row, row)
      changed.set(row.row, row)
      removed.delete(row.row)
    }
    for (const row of message.removed) {
      byRow.delete(row)
      changed.delete(row)
      removed.add(row)
    }
    later(show)
  }
  return { rows, arePart, rowOf: (row) => byRow.get(row), cameAt: (row) => news.get(row), take }
}
