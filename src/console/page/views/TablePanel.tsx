/** The table: its rows by partition, in the order of their keys. */
import { useComputed, useSignal } from "@preact/signals"
import { printable } from "../../../printable.ts"
import type { Row } from "../../messages.ts"
import { summary } from "../model/attributes.ts"
import { counted } from "../model/format.ts"
import { type TableLine, tableLines } from "../model/tableLines.ts"
import { canEdit, choice, chooseDocument, chooseRow, store, view } from "../state/page.ts"
import { Icon } from "./Icon.tsx"
import { aggregateOf, kindClass } from "./kinds.ts"
import { Panel } from "./Panel.tsx"
import { openRow, removeRow } from "./rowActions.ts"
import { VirtualList } from "./VirtualList.tsx"

export const TablePanel = () => {
  const filter = useSignal("")
  const lines = useComputed(() => tableLines(store.table.rows.value, filter.value))
  const { aggregate, id, row: chosenRow } = choice.value
  const chosen = lines.value.findIndex((line) => line.kind === "row" && line.row.row === chosenRow)
  const rows = store.table.rows.value.length
  const row = chosenRow === undefined ? undefined : store.table.rowOf(chosenRow)

  const line = (index: number) => {
    const one = lines.value[index]!
    const isNear = one.row.id !== null && one.row.id === id && one.row.aggregate === aggregate
    const name = `table-${one.kind}${isNear ? " is-near" : ""}${one.kind === "row" ? fresh(one.row) : ""}`
    return { key: `${one.kind} ${one.row.row}`, class: name, content: <Line line={one} /> }
  }
  const choose = (index: number) => {
    const one = lines.value[index]
    if (one?.kind === "row") chooseRow(one.row)
    // The keys of the keyboard pass over the line of a partition: its document is that of its first row.
    else if (one !== undefined && index > chosen && lines.value[index + 1] !== undefined) choose(index + 1)
    else if (one !== undefined && index > 0) choose(index - 1)
    else if (one?.row.aggregate != null && one.row.id !== null) chooseDocument(one.row.aggregate, one.row.id)
  }
  const onKey = (key: string, index: number) => {
    const one = lines.value[index]
    if (!canEdit.value || one?.kind !== "row" || (key !== "Enter" && key !== "Delete")) return false
    if (key === "Enter") openRow({ kind: "change", row: one.row })
    else void removeRow(one.row)
    return true
  }

  const note = `${counted(rows, "row")}${store.table.arePart.value ? " of more" : ""}`
  const actions = (
    <input
      class="field small"
      type="search"
      placeholder="Filter keys"
      aria-label="Filter rows by their keys"
      value={filter.value}
      onInput={(event) => (filter.value = event.currentTarget.value)}
    />
  )
  return (
    <Panel name="table" title="Table" note={note} actions={actions} isHidden={view.value !== "table"}>
      <VirtualList
        label="Rows of the table"
        role="listbox"
        count={lines.value.length}
        rowHeight={30}
        line={line}
        chosen={chosen}
        onChoose={choose}
        onKey={onKey}
        reveal={chosenRow}
        empty={filter.value === "" ? "The table has no rows yet." : "No key has this text."}
      />
      {store.hello.value?.canEdit === true && <RowTools row={row} />}
    </Panel>
  )
}

/** Milliseconds for which a row that came or changed glows. */
const freshFor = 1_600

/** Marks a row that came or changed just now; the two names make it glow anew each time. */
const fresh = (row: Row): string => {
  const at = store.table.cameAt(row)
  return at !== undefined && Date.now() - at < freshFor ? ` is-fresh-${parityOf(row)}` : ""
}
const parities = new WeakMap<Row, number>()
const lastParity = new Map<string, number>()
const parityOf = (row: Row): number => {
  const known = parities.get(row)
  if (known !== undefined) return known
  const next = 1 - (lastParity.get(row.row) ?? 0)
  if (lastParity.size > 10_000) lastParity.clear()
  lastParity.set(row.row, next)
  parities.set(row, next)
  return next
}

const Line = ({ line }: { readonly line: TableLine }) => {
  const { row } = line
  if (line.kind === "partition") {
    return (
      <>
        <span class="key">{printable(line.partition)}</span>
        <span class="aside">{row.aggregate === null ? "unclaimed" : row.aggregate}</span>
      </>
    )
  }
  const names = store.definition.value
  const keys = new Set([names?.partitionKey ?? "", names?.sortKey ?? ""])
  const kind = aggregateOf(row.aggregate ?? undefined)?.rows.find(({ field }) => field === row.field)
  const order = kind?.fields.map(({ name }) => name) ?? []
  return (
    <>
      <i class={`dot ${kindClass(row.aggregate, row.field)}`} />
      <span class="key">{printable(row.sort === "" ? row.partition : row.sort)}</span>
      <span class="rest">{row.item === null ? "" : printable(summary(row.item, { keys, id: row.id, order }))}</span>
    </>
  )
}

const RowTools = ({ row }: { readonly row: Row | undefined }) => {
  const isReady = canEdit.value
  return (
    <footer class="tools" aria-label="Rows">
      <button class="button" disabled={!isReady} onClick={() => openRow({ kind: "add", row })}>
        <Icon name="plus" /> Add a row
      </button>
      <button
        class="button"
        title="Change the chosen row: Enter"
        disabled={!isReady || row === undefined || row.item === null}
        onClick={() => row !== undefined && openRow({ kind: "change", row })}
      >
        <Icon name="edit" /> Change
      </button>
      <button
        class="button"
        title="Remove the chosen row: Delete"
        disabled={!isReady || row === undefined}
        onClick={() => row !== undefined && void removeRow(row)}
      >
        <Icon name="trash" /> Remove
      </button>
    </footer>
  )
}
