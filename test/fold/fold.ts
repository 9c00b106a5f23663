/** Folds batches of events as a sink does, without one: documents by aggregate and id. */
import { Result } from "effect"
import type { RowEvent } from "../../src/decode/RowEvent.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as source from "../../src/fold/source.ts"

export type Documents = Map<string, Document.Document>

export const write = (into: Documents, events: ReadonlyArray<RowEvent>): void => {
  for (const patch of Patch.fromEvents(events)) {
    const key = `${patch.shape.aggregate.name} ${patch.id}`
    into.set(key, Document.apply(into.get(key) ?? Document.empty(patch), patch))
  }
}

export const folded = (batches: ReadonlyArray<ReadonlyArray<RowEvent>>): Documents => {
  const documents: Documents = new Map()
  for (const batch of batches) write(documents, batch)
  return documents
}

/** What readers see, by aggregate and id. */
export const seen = (documents: Documents): Map<string, unknown> =>
  new Map([...documents].map(([key, document]) => [key, visible(document)]))

export const visible = (document: Document.Document): unknown => {
  const text = source.visible(document)
  return text === undefined ? undefined : JSON.parse(text.text)
}

/** The stored text of each document. */
export const rendered = (documents: Documents): Map<string, string> =>
  new Map([...documents].map(([key, document]) => [key, source.render(document).text]))

/** What is stored of a document, read back from its text. */
export const reread = (document: Document.Document): Document.Document => {
  const { text } = source.render(document)
  return Result.getOrThrow(source.parse(document.shape, document.id, JSON.parse(text)))
}
