/** The state of this page: one store, one connection, one choice. */
import { computed, effect, signal } from "@preact/signals"
import type { Change, Document, Row } from "../../messages.ts"
import * as Api from "./api.ts"
import * as Feed from "./feed.ts"
import { documentKey } from "./knownDocuments.ts"
import * as Store from "./store.ts"

/** Between two drawings of what came: what comes alone is drawn at once, of a flood nobody sees more. */
const drawEvery = 120
let drawnAt = 0

/** With the next frame; a page in the background has none, and draws now and then. */
const schedule = (flush: () => void): void => {
  const draw = () => {
    drawnAt = performance.now()
    flush()
  }
  const wait = drawnAt + drawEvery - performance.now()
  if (document.hidden) setTimeout(draw, 500)
  else if (wait > 0) setTimeout(() => requestAnimationFrame(draw), wait)
  else requestAnimationFrame(draw)
}

export const store = Store.make(schedule, () => Date.now())
export const api = Api.make(() => store.hello.value?.token ?? "")
export const connection = Feed.follow(store.take)
export const canEdit = computed(() => store.hello.value?.canEdit === true && connection.value === "open")

/** One of the page's places; "data" is the three views. */
export type Place = "data" | "search" | "run"
export const place = signal<Place>("data")

/** The view that a narrow page shows of the three. */
export type View = "table" | "changes" | "document"
export const view = signal<View>("table")

export interface Choice {
  /** The row, as `Row.row`. */
  readonly row?: string | undefined
  /** The number of the change. */
  readonly change?: number | undefined
  readonly aggregate?: string | undefined
  readonly id?: string | undefined
  /** The line of the document, by its key. */
  readonly line?: string | undefined
}

/** The choice of whoever looks; while there is none, the page follows the last change. */
export const chosen = signal<Choice | undefined>(undefined)
export const followed = signal<Choice>({})
export const choice = computed(() => chosen.value ?? followed.value)
export const isFollowing = computed(() => chosen.value === undefined)

const documentOf = ({ aggregate, id }: Row | Change): Choice => ({
  aggregate: aggregate ?? undefined,
  id: id ?? undefined
})

export const chooseRow = (row: Row): void => {
  chosen.value = { ...documentOf(row), row: row.row, change: lastChangeOf(row.row) }
}
export const chooseChange = (change: Change): void => {
  chosen.value = { ...documentOf(change), row: change.row, change: change.number }
}
export const chooseLine = (line: string, row: string | undefined): void => {
  const { aggregate, id } = choice.value
  chosen.value = { aggregate, id, line, row, change: row === undefined ? undefined : lastChangeOf(row) }
}
export const chooseDocument = (aggregate: string, id: string): void => {
  chosen.value = { aggregate, id }
}
export const followAgain = (): void => {
  chosen.value = undefined
}

const lastChangeOf = (row: string): number | undefined => {
  const changes = store.changes.value
  for (let i = 0; i < changes.size(); i++) if (changes.at(i)?.row === row) return changes.at(i)?.number
  return undefined
}

/** The document that is chosen, as the server last told of it. */
export const chosenDocument = computed<Document | undefined>(() => {
  const { aggregate, id } = choice.value
  if (aggregate === undefined || id === undefined) return undefined
  return store.known.documents.value.get(documentKey(aggregate, id))
})

/** The last change is followed no faster than an eye does. */
const followEvery = 700
let followedAt = 0
let timer: ReturnType<typeof setTimeout> | undefined

const followLast = () => {
  timer = undefined
  followedAt = performance.now()
  const changes = store.changes.value
  for (let i = 0; i < Math.min(changes.size(), 50); i++) {
    const change = changes.at(i)
    if (change === undefined || change.id === null) continue
    followed.value = { ...documentOf(change), row: change.row, change: change.number }
    return
  }
  const [one] = store.known.documents.value.values()
  if (one !== undefined) followed.value = { aggregate: one.aggregate, id: one.id }
}

effect(() => {
  // Read, so that this runs again when they come.
  void store.changes.value
  void store.known.documents.value
  timer ??= setTimeout(followLast, Math.max(0, followEvery - (performance.now() - followedAt)))
})

/** Does what may fail, and shows the reason where it does. */
export const attempt = async (action: () => Promise<void>): Promise<void> => {
  try {
    await action()
  } catch (error) {
    store.notify(error instanceof Error ? error.message : String(error), { isProblem: true })
  }
}
