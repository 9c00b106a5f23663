/** Rows and documents in messages: news, and all of them in chunks. Pure. */
import type * as messages from "./messages.ts"

/** As many rows or documents are in one message of many. */
const chunk = 200

export const rowsMessage = (part: Partial<messages.Rows>): messages.Rows => {
  return { _tag: "Rows", isFirst: false, rows: [], removed: [], isPart: false, ...part }
}

export const documentsMessage = (part: Partial<messages.Documents>): messages.Documents => {
  return { _tag: "Documents", isFirst: false, documents: [], isPart: false, ...part }
}

export const rowsAnew = (all: ReadonlyArray<messages.Row>, isPart: boolean): ReadonlyArray<messages.Rows> =>
  chunked(all, (rows, isFirst) => rowsMessage({ rows, isFirst, isPart }))

export const documentsAnew = (
  all: ReadonlyArray<messages.Document>,
  isPart: boolean
): ReadonlyArray<messages.Documents> =>
  chunked(all, (documents, isFirst) => documentsMessage({ documents, isFirst, isPart }))

/** One message at least, which says that the page begins anew. */
const chunked = <A, M>(all: ReadonlyArray<A>, message: (some: ReadonlyArray<A>, isFirst: boolean) => M): Array<M> => {
  const found: Array<M> = []
  for (let i = 0; i === 0 || i < all.length; i += chunk) found.push(message(all.slice(i, i + chunk), i === 0))
  return found
}
