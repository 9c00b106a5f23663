/** The document: what the last change altered is marked, each line is traced to its row, below are all its rows. */
import { useSignal } from "@preact/signals"
import { printable } from "../../../printable.ts"
import type { Document } from "../../messages.ts"
import type { ExplainAnswer } from "../../requests.ts"
import { ago, counted, duration } from "../model/format.ts"
import { atPath, type Json } from "../model/json.ts"
import { pathOf } from "../model/lines.ts"
import { explained } from "../state/explained.ts"
import { choice, chosenDocument, isFollowing, store, view } from "../state/page.ts"
import { documentKey } from "../state/knownDocuments.ts"
import { now } from "../state/time.ts"
import { DocumentLines } from "./DocumentLines.tsx"
import { aggregateOf } from "./kinds.ts"
import { Panel } from "./Panel.tsx"
import { SourceRows } from "./SourceRows.tsx"
import { ValueView } from "./ValueView.tsx"

const nothing = { answer: undefined, problem: undefined }

export const DocumentPanel = () => {
  const { aggregate, id } = choice.value
  const document = chosenDocument.value
  const definition = aggregateOf(aggregate)
  const key = aggregate === undefined || id === undefined ? "" : documentKey(aggregate, id)
  const { answer, problem } = explained.value?.document === key ? explained.value : nothing
  const note = counted(store.known.documents.value.size, "document")
  return (
    <Panel
      name="document"
      title="Document"
      note={note}
      actions={isFollowing.value && <span class="note">the last that changed</span>}
      isHidden={view.value !== "document"}
    >
      <div class="doc-head">
        <span class="doc-name">
          {id === undefined ? (
            <span class="faint">none chosen</span>
          ) : (
            <>
              <span class="faint">{definition?.alias ?? aggregate}/_doc/</span>
              {printable(id)}
            </>
          )}
        </span>
        <span class="doc-state">
          {document !== undefined && <State isThere={document.isThere} words={answer?.document} />}
          {document?.found != null && (
            <span class="tag" title="from the write of the row until a search found the document">
              found after {duration(document.found)}
            </span>
          )}
          {document !== undefined && <span class="note">{ago(document.at, now.value)}</span>}
        </span>
      </div>
      <DocumentLines document={document} definition={definition} answer={answer} documentKey={key} />
      <Below document={document} answer={answer} problem={problem} />
    </Panel>
  )
}

interface BelowProps {
  readonly document: Document | undefined
  readonly answer: ExplainAnswer | undefined
  readonly problem: string | undefined
}

/** Below the lines: the rows that they are made from, or the value of the chosen one in full. */
const Below = ({ answer, document, problem }: BelowProps) => {
  const isValue = useSignal(false)
  const { line } = choice.value
  const whole = (document?.document ?? undefined) as Json | undefined
  const path = line === undefined ? "" : pathOf(line)
  return (
    <div class="sources">
      <div class="segments" role="group" aria-label="Below the document">
        <button aria-pressed={!isValue.value} onClick={() => (isValue.value = false)}>
          Made from {answer === undefined ? "" : counted(answer.rows.length, "row")}
        </button>
        <button aria-pressed={isValue.value} onClick={() => (isValue.value = true)}>
          Value
        </button>
      </div>
      {isValue.value ? (
        <ValueView value={whole === undefined ? undefined : atPath(whole, path)} />
      ) : (
        <SourceRows answer={answer} problem={problem} />
      )}
    </div>
  )
}

const State = ({ isThere, words }: { readonly isThere: boolean; readonly words: string | undefined }) => (
  <span class={`tag ${isThere ? "tag-Written" : "tag-Unclaimed"}`}>{isThere ? "live" : (words ?? "not seen")}</span>
)
