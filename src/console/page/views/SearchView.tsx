/** Search: a query, its hits, and the mapping by which they were found. */
import { computed, useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { printable } from "../../../printable.ts"
import type { Document } from "../../messages.ts"
import type { SearchAnswer } from "../../requests.ts"
import { counted, duration } from "../model/format.ts"
import { isList, isObject, type Json } from "../model/json.ts"
import { searchOf } from "../model/query.ts"
import { api, chooseDocument, connection, place, store, view } from "../state/page.ts"
import { Icon } from "./Icon.tsx"
import { JsonView } from "./JsonView.tsx"
import { aggregateOf } from "./kinds.ts"
import { Panel } from "./Panel.tsx"
import { chosenHit, query, searched } from "./search.ts"
import { VirtualList } from "./VirtualList.tsx"

export const SearchView = () => {
  const problem = useSignal("")
  const latest = useRef({})
  const aggregate = aggregateOf(query.value.aggregate) ?? store.definition.value?.aggregates[0]
  const run = async () => {
    const request = searchOf(aggregate?.name ?? "", query.value.text)
    const own = (latest.current = {})
    if (!("value" in request)) return void (problem.value = request.problem)
    try {
      const answer = await api.search(request.value)
      // Another search was begun since.
      if (latest.current !== own) return
      searched.value = { aggregate: request.value.aggregate, answer }
      chosenHit.value = 0
      problem.value = ""
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error)
    }
  }
  // At first all is found, so that there is something to look at.
  useEffect(() => {
    if (searched.value === undefined && connection.value === "open") void run()
  }, [connection.value])
  return (
    <>
      <Panel name="query" title="Search">
        <Query aggregate={aggregate?.name ?? ""} onSubmit={() => void run()} />
        <p class="query-note" role="status">
          {problem.value === "" ? (
            <Found answer={searched.value?.answer} />
          ) : (
            <span class="problem">{printable(problem.value)}</span>
          )}
        </p>
        <Hits />
      </Panel>
      <Panel name="hit" title="Hit" actions={<OpenHit />}>
        <JsonView label="The hit" value={hitValue()} empty="Choose a hit." />
      </Panel>
      <Panel name="mapping" title="Mapping" note={aggregate?.alias}>
        <JsonView label="The mapping" value={aggregate?.mapping as Json | undefined} />
      </Panel>
    </>
  )
}

const Query = ({ aggregate, onSubmit }: { readonly aggregate: string; readonly onSubmit: () => void }) => (
  <form
    class="query"
    onSubmit={(event) => {
      event.preventDefault()
      onSubmit()
    }}
  >
    <select
      class="field"
      aria-label="Documents"
      value={aggregate}
      onChange={(event) => (query.value = { ...query.value, aggregate: event.currentTarget.value })}
    >
      {store.definition.value?.aggregates.map(({ alias, name }) => (
        <option key={name} value={name}>
          {alias}
        </option>
      ))}
    </select>
    <textarea
      class="field code query-text"
      aria-label="Query string, or the JSON of a search"
      placeholder={'status:paid AND tea — or { "query": … }'}
      rows={1}
      spellcheck={false}
      value={query.value.text}
      onInput={(event) => (query.value = { ...query.value, text: event.currentTarget.value })}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.shiftKey) return
        event.preventDefault()
        onSubmit()
      }}
    />
    <button class="button is-primary" type="submit" disabled={connection.value !== "open"}>
      <Icon name="search" /> Search
    </button>
  </form>
)

const Found = ({ answer }: { readonly answer: SearchAnswer | undefined }) =>
  answer === undefined ? null : (
    <>
      {counted(answer.total, "document")} in {duration(answer.took)}
      <span class="note">
        {" · "}
        {duration(answer.elapsed)} with the way there and back
        {lastFound.value !== undefined && ` · the last change was found after ${duration(lastFound.value)}`}
      </span>
    </>
  )

/** The time from the last write of which it was measured until a search found it. */
const lastFound = computed(() => {
  let last: Document | undefined
  for (const one of store.known.documents.value.values()) {
    if (one.found !== null && (last === undefined || one.at >= last.at)) last = one
  }
  return last?.found ?? undefined
})

const hitValue = (): Json | undefined => {
  const hit = searched.value?.answer.hits[chosenHit.value]
  if (hit === undefined) return undefined
  return (hit.highlight === null ? hit.document : { document: hit.document, highlight: hit.highlight }) as Json
}

const OpenHit = () => {
  const hit = searched.value?.answer.hits[chosenHit.value]
  if (hit === undefined || searched.value === undefined) return null
  const { aggregate } = searched.value
  return (
    <button
      class="button is-bare"
      onClick={() => {
        chooseDocument(aggregate, hit.id)
        view.value = "document"
        place.value = "data"
      }}
    >
      Show its rows
    </button>
  )
}

const Hits = () => {
  const hits = searched.value?.answer.hits ?? []
  return (
    <VirtualList
      label="Hits"
      role="listbox"
      count={hits.length}
      rowHeight={46}
      chosen={chosenHit.value}
      onChoose={(index) => (chosenHit.value = index)}
      line={(index) => {
        const { document, id, score } = hits[index]!
        return {
          key: id,
          class: "hit",
          content: (
            <>
              <span class="source-top">
                <span class="key">{printable(id)}</span>
                {score !== null && <span class="note">{score.toFixed(2)}</span>}
              </span>
              <span class="source-more">{printable(lineOf(document as Json))}</span>
            </>
          )
        }
      }}
      empty={searched.value === undefined ? "" : "Nothing is found."}
    />
  )
}

/** Characters of a hit that are shown in its line. */
const lineMax = 200

const lineOf = (document: Json): string =>
  isObject(document)
    ? Object.entries(document)
        .map(([name, value]) => `${name} ${shortOf(value)}`.slice(0, lineMax))
        .join("  ·  ")
        .slice(0, lineMax)
    : ""

const shortOf = (value: Json): string => {
  if (isList(value)) return `[${value.length}]`
  return isObject(value) ? "{…}" : String(value)
}
