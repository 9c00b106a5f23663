/** The documents as the server told of them, and what the latest of them were before. */
import { type ReadonlySignal, signal } from "@preact/signals"
import type { Document, Documents } from "../../messages.ts"
import type { Json } from "../model/json.ts"

/** Documents whose state before the last change is kept. */
const previousMax = 20

export interface KnownDocuments {
  readonly documents: ReadonlySignal<ReadonlyMap<string, Document>>
  /** The document before its last change, where that is known. */
  readonly previousOf: (key: string) => Json | undefined
  readonly take: (message: Documents) => void
}

/** The name of a document among all. */
export const documentKey = (aggregate: string, id: string): string => `${aggregate}\n${id}`

export const make = (later: (work: () => void) => void): KnownDocuments => {
  const documents = signal<ReadonlyMap<string, Document>>(new Map())
  let known = new Map<string, Document>()
  const previous = new Map<string, Json>()

  // A new object each time: that is how a signal knows.
  const show = () => (documents.value = new Map(known))
  const keep = (key: string, before: Document) => {
    previous.delete(key)
    previous.set(key, (before.document ?? null) as Json)
    const oldest = previous.keys().next()
    if (previous.size > previousMax && oldest.done !== true) previous.delete(oldest.value)
  }
  const take = (message: Documents) => {
    if (message.isFirst) {
      known = new Map()
      previous.clear()
    }
    for (const document of message.documents) {
      const key = documentKey(document.aggregate, document.id)
      const before = known.get(key)
      // What only tells that a search found it alters nothing.
      if (before !== undefined && before.change !== document.change) keep(key, before)
      if (document.isThere || document.change !== null) known.set(key, document)
      else known.delete(key)
    }
    later(show)
  }
  return { documents, previousOf: (key) => previous.get(key), take }
}
