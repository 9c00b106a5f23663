/** The explanation of the chosen document, row by row, asked for anew when it changes. */
import { effect, signal } from "@preact/signals"
import type { ExplainAnswer } from "../../requests.ts"
import { nameOf } from "../model/tableLines.ts"
import { api, choice, chosenDocument, store } from "./page.ts"
import { documentKey } from "./knownDocuments.ts"

export interface Explained {
  /** The name of its document among all. */
  readonly document: string
  readonly answer: ExplainAnswer | undefined
  readonly problem: string | undefined
}

export const explained = signal<Explained | undefined>(undefined)

/** The answer with its rows known as the table and the changes know them: it tells them by their readable keys. */
const known = (answer: ExplainAnswer, aggregate: string, id: string): ExplainAnswer => {
  const names = new Map<string, string>()
  const changes = store.changes.value
  for (let i = changes.size() - 1; i >= 0; i--) {
    const change = changes.at(i)
    if (change?.id === id && change.aggregate === aggregate) names.set(nameOf(change), change.row)
  }
  for (const row of store.table.rows.value) {
    if (row.id === id && row.aggregate === aggregate) names.set(nameOf(row), row.row)
  }
  return { ...answer, rows: answer.rows.map((one) => ({ ...one, row: one.row ?? names.get(one.key) ?? null })) }
}

/** Changes that follow one another closely are asked about once. */
const wait = 150
let asked = ""
let timer: ReturnType<typeof setTimeout> | undefined

const ask = async (aggregate: string, id: string) => {
  const key = documentKey(aggregate, id)
  const result = await api.explain({ aggregate, id }).then(
    (answer) => ({ answer: known(answer, aggregate, id), problem: undefined }),
    (error: unknown) => ({ answer: undefined, problem: error instanceof Error ? error.message : String(error) })
  )
  const { aggregate: now, id: nowId } = choice.value
  if (now === aggregate && nowId === id) explained.value = { document: key, ...result }
}

effect(() => {
  const { aggregate, id } = choice.value
  const session = store.hello.value?.session
  const revision = chosenDocument.value?.change
  if (aggregate === undefined || id === undefined || session === undefined) return
  const next = JSON.stringify([session, aggregate, id, revision])
  if (next === asked) return
  asked = next
  clearTimeout(timer)
  timer = setTimeout(() => void ask(aggregate, id), explained.value?.document === documentKey(aggregate, id) ? wait : 0)
})
