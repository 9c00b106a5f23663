/** Changes as they come, the newest first, and what became of each. */
import { useComputed, useSignal } from "@preact/signals"
import { printable } from "../../../printable.ts"
import type { Change } from "../../messages.ts"
import { clock, count, duration } from "../model/format.ts"
import type { History } from "../model/history.ts"
import { choice, chooseChange, followAgain, isFollowing, store, view } from "../state/page.ts"
import { Icon } from "./Icon.tsx"
import { kindClass } from "./kinds.ts"
import { Panel } from "./Panel.tsx"
import { VirtualList } from "./VirtualList.tsx"

const tags = ["Written", "Unchanged", "Refused", "Unclaimed", "Waiting"] as const
type Tag = (typeof tags)[number]

export const ChangesPanel = () => {
  const only = useSignal<Tag | "">("")
  const shown = useComputed(() => wanted(store.changes.value, only.value))
  const { aggregate, change: number, id, row } = choice.value
  const { at, size, total } = shown.value
  const chosen = number === undefined ? -1 : indexOf(shown.value, number)

  const line = (index: number) => {
    const change = at(index)!
    const isNear = change.row === row || (change.id !== null && change.id === id && change.aggregate === aggregate)
    return { key: change.number, class: `change${isNear ? " is-near" : ""}`, content: <Line change={change} /> }
  }
  const actions = (
    <>
      <select
        class="field small"
        aria-label="Show changes by what became of them"
        value={only.value}
        onChange={(event) => (only.value = event.currentTarget.value as Tag | "")}
      >
        <option value="">All</option>
        {tags.map((tag) => (
          <option key={tag} value={tag}>
            {tag}
          </option>
        ))}
      </select>
      <button
        class="button"
        aria-pressed={isFollowing.value}
        onClick={followAgain}
        title="Show the document of the last change"
      >
        <Icon name="follow" /> Follow
      </button>
    </>
  )
  const note = count(store.changes.value.total())
  return (
    <Panel name="changes" title="Changes" note={note} actions={actions} isHidden={view.value !== "changes"}>
      <VirtualList
        label="Changes, the newest first"
        role="listbox"
        count={size()}
        rowHeight={50}
        line={line}
        chosen={chosen}
        grown={total()}
        onChoose={(index) => {
          const change = at(index)
          if (change !== undefined) chooseChange(change)
        }}
        reveal={isFollowing.value ? undefined : number}
        empty="Nothing has changed yet."
      />
    </Panel>
  )
}

type Shown = Pick<History<Change>, "at" | "size" | "total">

const wanted = (changes: History<Change>, tag: Tag | ""): Shown => {
  if (tag === "") return changes
  const found: Array<Change> = []
  for (let i = 0; i < changes.size(); i++) {
    const change = changes.at(i)
    if (change?.outcome._tag === tag) found.push(change)
  }
  return { at: (index) => found[index], size: () => found.length, total: () => found.length }
}

const indexOf = ({ at, size }: Shown, number: number): number => {
  for (let i = 0; i < size(); i++) if (at(i)?.number === number) return i
  return -1
}

const signs = { INSERT: "+", MODIFY: "~", REMOVE: "−" } as const
const words = { INSERT: "added", MODIFY: "changed", REMOVE: "removed" } as const
const froms = {
  stream: "",
  again: "delivered again",
  reversed: "in reverse",
  lanes: "from ten lanes",
  redrive: "redriven"
} as const

const Line = ({ change }: { readonly change: Change }) => {
  const { at, delay, event, from, isExact, outcome, partition, sort } = change
  const reason =
    "reason" in outcome ? outcome.reason : "pattern" in outcome ? `no template takes ${outcome.pattern}` : ""
  return (
    <>
      <span class={`sign sign-${event}`} title={words[event]} aria-label={words[event]} role="img">
        {signs[event]}
      </span>
      <span class="what">
        <span class="change-top">
          <i class={`dot ${kindClass(change.aggregate, change.field)}`} />
          <span class="key">
            {printable(partition)}
            {sort !== "" && <span class="faint"> / </span>}
            {printable(sort)}
          </span>
          <span class={`tag tag-${outcome._tag}`}>{outcome._tag.toLowerCase()}</span>
        </span>
        <span class="change-more">
          <time>{clock(at)}</time>
          {from !== "stream" && <span>{froms[from]}</span>}
          {reason !== "" && <span class="reason">{printable(reason)}</span>}
          {delay !== null && (
            <span class="delay" title={isExact ? "from the write of the row" : "from DynamoDB's whole second"}>
              {isExact ? "" : "≈ "}
              {duration(delay)}
            </span>
          )}
        </span>
      </span>
    </>
  )
}
