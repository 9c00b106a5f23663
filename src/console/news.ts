/** News that pages were not sent yet, and all rows and documents, as messages. Pure. */
import type * as messages from "./messages.ts"
import type { HeldRow } from "./rows.ts"

/** Changes that are held, and sent at a time: the last ones. */
export const changesMax = 1000

export type News = ReturnType<typeof emptyNews>

export const emptyNews = () => ({
  /** True where all rows and documents are told anew. */
  isAnew: false,
  rows: new Map<string, HeldRow>(),
  removed: new Set<string>(),
  changes: [] as Array<messages.Change>,
  documents: new Map<string, messages.Document>(),
  points: [] as Array<messages.Point>,
  other: [] as Array<messages.ServerMessage>
})

export interface Held {
  /** All messages about rows and documents, where they are told anew. */
  readonly anew: ReadonlyArray<messages.ServerMessage>
  readonly rowOf: (row: HeldRow) => messages.Row
  readonly rowsArePart: boolean
  readonly documentsArePart: boolean
}

export const newsMessages = (
  { changes, documents, other, points, removed, rows }: News,
  { anew, documentsArePart, rowOf, rowsArePart }: Held
): ReadonlyArray<messages.ServerMessage> => [
  ...anew,
  ...(anew.length > 0 || rows.size + removed.size === 0
    ? []
    : [rowsMessage({ rows: Array.from(rows.values(), rowOf), removed: [...removed], isPart: rowsArePart })]),
  ...(changes.length === 0 ? [] : [{ _tag: "Changes", changes: changes.slice(-changesMax) } as const]),
  ...(anew.length > 0 || documents.size === 0
    ? []
    : [documentsMessage({ documents: [...documents.values()], isPart: documentsArePart })]),
  ...(points.length === 0 ? [] : [{ _tag: "Points", isFirst: false, points } as const]),
  ...other
]

/** As many rows or documents are in one message of many. */
const chunk = 200

const rowsMessage = (part: Partial<messages.Rows>): messages.Rows => {
  return { _tag: "Rows", isFirst: false, rows: [], removed: [], isPart: false, ...part }
}

const documentsMessage = (part: Partial<messages.Documents>): messages.Documents => {
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
