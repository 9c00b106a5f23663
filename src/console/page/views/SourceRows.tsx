/** The rows of a document as the index knows them: versions, tombstones, and why one is not seen. */
import { printable } from "../../../printable.ts"
import type { ExplainAnswer } from "../../requests.ts"
import { type ExplainedRow, type RowState, stateOf } from "../model/absent.ts"
import { choice, chosen, isFollowing, store } from "../state/page.ts"
import { kindClass } from "./kinds.ts"
import { VirtualList } from "./VirtualList.tsx"

interface Props {
  readonly answer: ExplainAnswer | undefined
  readonly problem: string | undefined
}

export const SourceRows = ({ answer, problem }: Props) => {
  const { aggregate, id, row } = choice.value
  const rows = answer?.rows ?? []
  const index = row === undefined ? -1 : rows.findIndex((one) => (one.row ?? one.key) === row)
  const line = (i: number) => {
    const one = rows[i]!
    return { key: one.key, class: "source", content: <Line row={one} aggregate={aggregate} /> }
  }
  return (
    <VirtualList
      label="Rows of the document"
      role="listbox"
      count={rows.length}
      rowHeight={46}
      line={line}
      chosen={index}
      onChoose={(i) => {
        const one = rows[i]
        if (one !== undefined) chosen.value = { aggregate, id, row: one.row ?? one.key }
      }}
      reveal={isFollowing.value ? undefined : row}
      empty={problem ?? (id === undefined ? "" : "No rows are known.")}
    />
  )
}

const states: { readonly [state in RowState]: readonly [tag: string, words: string] } = {
  shown: ["Written", "in the document"],
  unseen: ["Unchanged", "not seen"],
  tombstone: ["Unchanged", "tombstone"],
  refused: ["Refused", "refused"],
  missing: ["Unclaimed", "not in the index"]
}

const Line = ({ aggregate, row }: { readonly row: ExplainedRow; readonly aggregate: string | undefined }) => {
  const state = stateOf(row)
  // The index does not know the field of a row that it never took.
  const field = (row.row === null ? undefined : store.table.rowOf(row.row)?.field) ?? row.field
  const [tag, words] = states[state]
  const differs = row.fields.length > 0 ? `differs from the table in ${row.fields.join(", ")}` : undefined
  const more = [row.unseen, row.reason, differs, row.version, row.refused && `refused at ${row.refused}`]
  const text = more.filter((part) => part !== null && part !== undefined && part !== "").join(" · ")
  return (
    <>
      <span class="source-top">
        <i class={`dot ${kindClass(aggregate, field)}`} />
        <span class="key">{printable(row.key)}</span>
        <span class={`tag tag-${tag}`}>{words}</span>
      </span>
      <span class="source-more" title={text}>
        {printable(text)}
      </span>
    </>
  )
}
