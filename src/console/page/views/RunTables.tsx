/** The state of the run: shards, dead letters, unclaimed keys, generations and the last proof. */
import type { ComponentChildren } from "preact"
import { useSignal } from "@preact/signals"
import { printable } from "../../../printable.ts"
import type { Generation } from "../../messages.ts"
import { ago, count, counted, duration } from "../model/format.ts"
import { api, attempt, canEdit, store } from "../state/page.ts"
import { now } from "../state/time.ts"
import { Icon } from "./Icon.tsx"

/** Lines of a table that are drawn; the rest is counted. */
const linesMax = 100

export const RunTables = () => (
  <div class="cards">
    <div class="stack">
      <Proof />
      <DeadLetters />
      <Unclaimed />
    </div>
    <div class="stack">
      <Generations />
      <Shards />
    </div>
  </div>
)

interface CardProps {
  readonly title: string
  readonly note?: string
  readonly action?: ComponentChildren
  readonly children: ComponentChildren
}

const Card = ({ action, children, note, title }: CardProps) => (
  <section class="card" aria-label={title}>
    <header class="card-head">
      <h3>{title}</h3>
      <span class="note">{note}</span>
      <span class="actions">{action}</span>
    </header>
    {children}
  </section>
)

interface TableProps<T> {
  readonly label: string
  readonly heads: ReadonlyArray<string>
  readonly lines: ReadonlyArray<T>
  readonly cells: (line: T) => ReadonlyArray<ComponentChildren>
  readonly empty: string
}

/** A table that scrolls by itself; all but its first column is set to the right where it holds figures. */
const Table = <T,>({ cells, empty, heads, label, lines }: TableProps<T>) =>
  lines.length === 0 ? (
    <p class="card-empty">{empty}</p>
  ) : (
    // What scrolls must be reachable by the keyboard.
    <div class="table-around" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, linesMax).map((line, i) => (
            <tr key={i}>
              {cells(line).map((cell, j) => (
                <td key={heads[j]} class={/^[\d,.]+( \w+)?$/.test(String(cell)) ? "is-figure" : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length > linesMax && <p class="note">and {count(lines.length - linesMax)} more</p>}
    </div>
  )

const Proof = () => {
  const proof = store.state.value?.proof
  return (
    <Card title="Proof" note={proof == null ? "" : `${ago(proof.at, now.value)}, took ${duration(proof.took)}`}>
      {proof == null ? (
        <p class="card-empty">Nothing was compared with the table yet.</p>
      ) : (
        <>
          <p class={`verdict ${proof.isRight ? "is-right" : "is-wrong"}`}>
            <Icon name={proof.isRight ? "check" : "alert"} />
            <span>{printable(proof.message)}</span>
          </p>
          {proof.findings.length > 0 && (
            <Table
              label="Findings"
              heads={["row", "what", "fields"]}
              lines={proof.findings}
              cells={({ fields, key, kind, reason }) => [
                <span class="key">{printable(key)}</span>,
                printable(reason === null ? kind : `${kind}: ${reason}`),
                fields.join(", ")
              ]}
              empty=""
            />
          )}
        </>
      )}
    </Card>
  )
}

const DeadLetters = () => {
  const isBusy = useSignal(false)
  const letters = store.state.value?.deadLetters ?? []
  const redrive = () =>
    attempt(async () => {
      isBusy.value = true
      try {
        store.notify((await api.redrive()).message)
      } finally {
        isBusy.value = false
      }
    })
  return (
    <Card
      title="Dead letters"
      note={count(letters.reduce((sum, { count }) => sum + count, 0))}
      action={
        store.hello.value?.canEdit === true && (
          <button
            class="button"
            disabled={!canEdit.value || letters.length === 0 || isBusy.value}
            onClick={() => void redrive()}
          >
            <Icon name="repeat" /> Redrive
          </button>
        )
      }
    >
      <Table
        label="Dead letters by reason"
        heads={["reason", "documents", "rows", "for example"]}
        lines={letters}
        cells={({ aggregate, count: rows, examples, reason }) => [
          printable(reason),
          aggregate ?? "–",
          count(rows),
          <span class="key">{printable(examples[0] ?? "")}</span>
        ]}
        empty="No row was refused."
      />
    </Card>
  )
}

const Generations = () => (
  <Card title="Generations">
    <Table
      label="Generations"
      heads={["index", "live", "waiting", "removed", "refused", "verified"]}
      lines={store.state.value?.generations ?? []}
      cells={(generation) => [
        <span class="key">
          {printable(generation.index)} {generation.isLive && <span class="tag tag-Written">live</span>}
        </span>,
        count(generation.live),
        count(generation.waiting),
        count(generation.removed),
        count(generation.refused),
        verified(generation)
      ]}
      empty="No index is there yet."
    />
  </Card>
)

const verified = ({ verificationDue, verifiedAt }: Generation): string =>
  verificationDue !== null ? `due: ${verificationDue}` : (verifiedAt ?? "–")

const Shards = () => {
  const shards = store.state.value?.shards ?? []
  return (
    <Card title="Shards" note={counted(shards.length, "shard")}>
      <Table
        label="Shards"
        heads={["shard", "state", "records", "behind by", "position"]}
        lines={shards}
        cells={({ behind, position, records, shard, state }) => [
          <span class="key">{printable(shard)}</span>,
          state,
          count(records),
          behind === null ? "–" : duration(behind),
          <span class="key">{position ?? "–"}</span>
        ]}
        empty="No shard is read yet."
      />
    </Card>
  )
}

const Unclaimed = () => (
  <Card title="Unclaimed keys">
    <Table
      label="Unclaimed keys"
      heads={["pattern", "rows", "for example"]}
      lines={store.state.value?.unclaimedPatterns ?? []}
      cells={({ example, pattern, rows }) => [
        <span class="key">{printable(pattern)}</span>,
        count(rows),
        <span class="key">{printable(example)}</span>
      ]}
      empty="Every row belongs to a document."
    />
  </Card>
)
