/** Colours of the kinds of rows: the same for a row, its changes and its part of the document. */
import { computed } from "@preact/signals"
import type { Aggregate } from "../../messages.ts"
import { store } from "../state/page.ts"

/** Colours there are besides that of roots. */
const colours = 7

const classes = computed(() => {
  const found = new Map<string, string>()
  for (const { name, rows } of store.definition.value?.aggregates ?? []) {
    const parts = rows.filter(({ field }) => field !== "")
    for (const [i, { field }] of parts.entries()) found.set(`${name}\n${field}`, `kind-${1 + (i % colours)}`)
  }
  return found
})

/** The class whose colour a kind of row has; none for rows that nobody claims. */
export const kindClass = (aggregate: string | null | undefined, field: string | null | undefined): string => {
  if (aggregate === null || aggregate === undefined || field === null || field === undefined) return "kind-none"
  return field === "" ? "kind-0" : (classes.value.get(`${aggregate}\n${field}`) ?? "kind-7")
}

export const aggregateOf = (name: string | undefined): Aggregate | undefined =>
  store.definition.value?.aggregates.find((aggregate) => aggregate.name === name)
