/** The state of a row's form: what is typed, what is wrong with it, and its saving. */
import { useSignal } from "@preact/signals"
import type { Aggregate, Row, RowKind } from "../../messages.ts"
import type { EditRequest } from "../../requests.ts"
import { type Draft, draftOf, type Parsed, rawRequest, typedRequest } from "../model/form.ts"
import { api, store } from "../state/page.ts"
import { type Opened, opened } from "./rowActions.ts"

interface Problems {
  readonly [name: string]: string
}

export const useRowForm = (form: Opened) => {
  const aggregates = store.definition.value?.aggregates ?? []
  const { row } = form
  const isNew = form.kind === "add"
  const isRaw = useSignal(aggregates.length === 0 || (!isNew && row?.aggregate == null))
  const at = useSignal(firstKind(aggregates, form))
  const { aggregate, kind } = at.value
  const draft = useSignal<Draft>(aggregate && kind ? draftOf(aggregate, kind, row, isNew) : { key: {}, values: {} })
  const text = useSignal(JSON.stringify((isNew ? undefined : row?.item) ?? templateItem(row), null, 2))
  const problems = useSignal<Problems>({})
  const problem = useSignal("")
  const isBusy = useSignal(false)

  /** Takes another kind of row, by the names of its aggregate and its field. */
  const choose = (name: string) => {
    const [aggregateName, field = ""] = name.split("\n")
    const next = aggregates.find(({ name }) => name === aggregateName)
    const nextKind = next?.rows.find((one) => one.field === field)
    if (next === undefined || nextKind === undefined) return
    at.value = { aggregate: next, kind: nextKind }
    draft.value = draftOf(next, nextKind, row?.aggregate === next.name ? row : undefined, isNew)
    problems.value = {}
  }
  const save = async () => {
    const request = isRaw.value ? { problems: {}, ...rawRequest(text.value) } : typed(aggregate, kind, draft.value)
    problems.value = request.problems
    problem.value = "problem" in request ? request.problem : ""
    if (!("value" in request)) return
    isBusy.value = true
    try {
      await api.edit(request.value)
      opened.value = undefined
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error)
    } finally {
      isBusy.value = false
    }
  }
  return { aggregate, kind, isRaw, draft, text, problems, problem, isBusy, choose, save }
}

const typed = (
  aggregate: Aggregate | undefined,
  kind: RowKind | undefined,
  draft: Draft
): Parsed<EditRequest> & { readonly problems: Problems } =>
  aggregate === undefined || kind === undefined
    ? { problem: "the definition has no such row", problems: {} }
    : typedRequest(aggregate, kind, draft)

const firstKind = (aggregates: ReadonlyArray<Aggregate>, { kind, row }: Opened) => {
  const aggregate = aggregates.find(({ name }) => name === row?.aggregate) ?? aggregates[0]
  const own = aggregate?.rows.find(({ field }) => field === row?.field)
  // A new row beside another is rather one of its list's than one more root.
  const beside = row?.aggregate == null ? undefined : aggregate?.rows.find((one) => one.kind === "many")
  return { aggregate, kind: (kind === "change" ? own : (beside ?? own)) ?? aggregate?.rows[0] }
}

const templateItem = (row: Row | undefined) => {
  const { partitionKey = "PK", sortKey = null } = store.definition.value ?? {}
  const keys = { [partitionKey]: { S: row?.partition ?? "" } }
  return sortKey === null ? keys : { ...keys, [sortKey]: { S: "" } }
}
