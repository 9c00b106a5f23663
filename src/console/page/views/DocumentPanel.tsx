/** The document: what the last change altered is marked, each line is traced to its row, below are all its rows. */
import { printable } from "../../../printable.ts"
import { ago, counted, duration } from "../model/format.ts"
import { explained } from "../state/explained.ts"
import { choice, chosenDocument, isFollowing, store, view } from "../state/page.ts"
import { documentKey } from "../state/knownDocuments.ts"
import { now } from "../state/time.ts"
import { DocumentLines } from "./DocumentLines.tsx"
import { aggregateOf } from "./kinds.ts"
import { Panel } from "./Panel.tsx"
import { SourceRows } from "./SourceRows.tsx"

export const DocumentPanel = () => {
  const { aggregate, id } = choice.value
  const document = chosenDocument.value
  const definition = aggregateOf(aggregate)
  const key = aggregate === undefined || id === undefined ? "" : documentKey(aggregate, id)
  const answer = explained.value?.document === key ? explained.value.answer : undefined
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
      <SourceRows answer={answer} problem={explained.value?.document === key ? explained.value.problem : undefined} />
    </Panel>
  )
}

const State = ({ isThere, words }: { readonly isThere: boolean; readonly words: string | undefined }) => (
  <span class={`tag ${isThere ? "tag-Written" : "tag-Unclaimed"}`}>{isThere ? "live" : (words ?? "not seen")}</span>
)
