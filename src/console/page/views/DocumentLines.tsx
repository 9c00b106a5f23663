/** The lines of a document, each in the colour of the kind of row that made it. */
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { Aggregate, Document } from "../../messages.ts"
import type { ExplainAnswer } from "../../requests.ts"
import { absent, type Absent as AbsentField } from "../model/absent.ts"
import * as alteration from "../model/alteration.ts"
import type { Json } from "../model/json.ts"
import { endings, foldedAtFirst, keyOf, type Line, lines } from "../model/lines.ts"
import { originOf, origins, type Source } from "../model/trace.ts"
import { choice, chooseLine, isFollowing, store } from "../state/page.ts"
import { JsonLine } from "./JsonLine.tsx"
import { kindClass } from "./kinds.ts"
import { VirtualList } from "./VirtualList.tsx"

interface Props {
  readonly document: Document | undefined
  readonly documentKey: string
  readonly definition: Aggregate | undefined
  readonly answer: ExplainAnswer | undefined
}

type Shown = Line | AbsentField

export const DocumentLines = (props: Props) => {
  const { answer, definition, document, documentKey } = props
  const { found, kindOf, shown, turn } = useLines(props)
  const { line: chosenLine, row } = choice.value
  const chosen = shown.findIndex((one) => {
    if (chosenLine !== undefined) return nameOf(one) === chosenLine
    return row !== undefined && "path" in one && found.get(one.path) === row && keyOf(one) === one.path
  })
  const line = (index: number) => {
    const one = shown[index]!
    if (!("path" in one)) {
      const kind = kindClass(definition?.name, one.field)
      return { key: nameOf(one), class: `json is-absent ${kind}`, level: 2, content: <Absent {...one} /> }
    }
    const { depth, fold, mark, path } = one
    const isMade = row !== undefined && originOf(found, path) === row
    return {
      key: keyOf(one),
      class: `json ${kindOf(path)}${mark === undefined ? "" : ` is-${mark}`}${isMade ? " is-near" : ""}`,
      level: depth + 1,
      isOpen: fold === "open" ? true : fold === "folded" ? false : undefined,
      content: <JsonLine line={one} onTurn={() => turn(path)} />
    }
  }
  const onKey = (key: string, index: number) => {
    const one = shown[index]
    if (one === undefined || !("path" in one)) return false
    const turns = key === "ArrowLeft" ? one.fold === "open" : key === "ArrowRight" && one.fold === "folded"
    if (turns) turn(one.path)
    return turns
  }
  const first = shown.findIndex((one) => "path" in one && one.mark !== undefined)
  return (
    <VirtualList
      label="Lines of the document"
      role="tree"
      count={shown.length}
      rowHeight={22}
      line={line}
      chosen={chosen}
      onChoose={(index) => {
        const one = shown[index]
        if (one !== undefined) chooseLine(nameOf(one), "path" in one ? originOf(found, one.path) : undefined)
      }}
      onKey={onKey}
      reveal={
        isFollowing.value ? `${documentKey} ${document?.change}` : `${documentKey} ${chosenLine ?? row} ${chosen >= 0}`
      }
      revealed={isFollowing.value ? first : undefined}
      empty={emptyText(document, answer)}
    />
  )
}

const nameOf = (one: Shown): string => ("path" in one ? keyOf(one) : `${one.field}${endings.absent}`)

/** The lines of the document, folded as they were folded here, and the rows they are of. */
const useLines = ({ answer, definition, document, documentKey }: Props) => {
  const value = (document?.document ?? undefined) as Json | undefined
  const turned = useSignal({ document: "", paths: nothing })
  const first = useMemo(() => (value === undefined ? nothing : foldedAtFirst(value)), [documentKey])
  const turns = turned.value.document === documentKey ? turned.value.paths : nothing
  const folded = useMemo(() => first.symmetricDifference(turns), [first, turns])
  const altered = useMemo(() => alterationOf(document, documentKey), [document])
  const sources = useMemo(() => sourcesOf(answer), [answer])
  const found = useMemo(() => (value === undefined ? new Map() : origins(value, sources)), [value, sources])
  const fieldOf = useMemo(() => new Map(sources.map(({ field, row }) => [row, field])), [sources])
  const shown = useMemo(
    () =>
      value === undefined ? [] : withAbsent(lines(value, { folded, alteration: altered }), value, definition, answer),
    [value, altered, folded, definition, answer]
  )
  return {
    found,
    shown,
    kindOf: (path: string) => {
      const origin = originOf(found, path)
      return kindClass(definition?.name, origin === undefined ? undefined : fieldOf.get(origin))
    },
    turn: (path: string) => {
      turned.value = { document: documentKey, paths: turns.symmetricDifference(new Set([path])) }
    }
  }
}

const nothing: ReadonlySet<string> = new Set()

const emptyText = (document: Document | undefined, answer: ExplainAnswer | undefined): string => {
  if (store.hello.value?.showsData === false) return "Data is not shown here."
  if (document?.isThere === true) return "The document has no fields."
  const { id, row } = choice.value
  if (row !== undefined && id === undefined) return "No template takes the key of this row, so it is of no document."
  if (document === undefined && answer?.document === "live")
    return "The page does not hold this one; a search finds it."
  if (answer !== undefined) return `Readers see nothing: ${answer.document}.`
  return document === undefined ? "Choose a row, a change or a hit." : "Readers see nothing of this document."
}

const alterationOf = (document: Document | undefined, key: string): alteration.Alteration => {
  if (document === undefined || document.change === null) return alteration.none
  const before = store.known.previousOf(key)
  const now = document.document as Json
  return before === undefined || before === null ? alteration.at(document.altered) : alteration.between(before, now)
}

const sourcesOf = (answer: ExplainAnswer | undefined): ReadonlyArray<Source> =>
  (answer?.rows ?? []).flatMap(({ field, index, key, row, unseen }) =>
    index === null || unseen !== null ? [] : [{ row: row ?? key, field, json: index }]
  )

/** The lines, and before the last bracket one for each field that is absent. */
const withAbsent = (
  all: ReadonlyArray<Line>,
  value: Json,
  definition: Aggregate | undefined,
  answer: ExplainAnswer | undefined
): ReadonlyArray<Shown> => {
  if (definition === undefined || answer === undefined) return all
  const lacking = absent(definition, value, answer.rows)
  return lacking.length === 0 ? all : [...all.slice(0, -1), ...lacking, ...all.slice(-1)]
}

const Absent = ({ field, reason }: { readonly field: string; readonly reason: string }) => (
  <>
    <i class="gutter" />
    <span class="json-text" style={{ paddingLeft: "34px" }}>
      <span class="json-name">{field}</span>
      <span> — {reason}</span>
    </span>
  </>
)
