/** All that the server told, as signals: messages go in, views follow. Histories are bounded. */
import { type ReadonlySignal, signal } from "@preact/signals"
import type { Change, Definition, Hello, Notice, Point, ServerMessage, State } from "../../messages.ts"
import * as History from "../model/history.ts"
import * as Frames from "./frames.ts"
import * as KnownDocuments from "./knownDocuments.ts"
import * as TableRows from "./tableRows.ts"

/** Changes, seconds and notices that are kept. */
export const changesMax = 5_000
export const pointsMax = 3_600
const noticesMax = 50

export interface Shown extends Notice {
  readonly number: number
  /** Undoes what the notice tells of, where that can be done. */
  readonly undo?: (() => void) | undefined
}

export interface Store {
  readonly hello: ReadonlySignal<Hello | undefined>
  readonly definition: ReadonlySignal<Definition | undefined>
  readonly table: TableRows.TableRows
  readonly changes: ReadonlySignal<History.History<Change>>
  readonly known: KnownDocuments.KnownDocuments
  readonly points: ReadonlySignal<ReadonlyArray<Point>>
  readonly state: ReadonlySignal<State | undefined>
  readonly notices: ReadonlySignal<ReadonlyArray<Shown>>
  readonly take: (message: ServerMessage) => void
  readonly notify: (text: string, options?: { readonly isProblem?: boolean; readonly undo?: () => void }) => void
  readonly dismiss: (number: number) => void
}

/** `schedule` is called when something came, with what shows all of it. */
export const make = (schedule: (flush: () => void) => void, now: () => number): Store => {
  const { later } = Frames.make(schedule)
  const hello = signal<Hello | undefined>(undefined)
  const definition = signal<Definition | undefined>(undefined)
  const history = History.make<Change>(changesMax)
  const changes = signal({ ...history })
  const points = signal<ReadonlyArray<Point>>([])
  const state = signal<State | undefined>(undefined)
  const notices = signal<ReadonlyArray<Shown>>([])
  const table = TableRows.make(() => definition.value ?? { partitionKey: "", sortKey: null }, later, now)
  const known = KnownDocuments.make(later)
  // The state ends what comes at the beginning; rows that come later are news.
  let isBegun = false
  let lastNumber = -1
  let numbers = 0

  const showChanges = () => void (changes.value = { ...history })
  const show = (notice: Shown) => (notices.value = [...notices.value, notice].slice(-noticesMax))
  const notify: Store["notify"] = (text, { isProblem = false, undo } = {}) =>
    void show({ _tag: "Notice", at: now(), text, isProblem, number: numbers++, undo })
  const begin = (message: Hello) => {
    isBegun = false
    lastNumber = -1
    history.clear()
    later(showChanges)
    hello.value = message
  }

  const take = (message: ServerMessage): void => {
    switch (message._tag) {
      case "Hello":
        return begin(message)
      case "Definition":
        definition.value = message
        if (isBegun && message.changes.length > 0) notify(`The definition was taken up: ${message.changes.join("; ")}`)
        // All rows come anew.
        isBegun = false
        return
      case "Rows":
        return table.take(message, isBegun)
      case "Documents":
        return known.take(message)
      case "Changes":
        // One may come twice, with what is told at the beginning and as news.
        history.push(message.changes.filter(({ number }) => number > lastNumber))
        lastNumber = message.changes.at(-1)?.number ?? lastNumber
        return later(showChanges)
      case "Points":
        return void (points.value = [...(message.isFirst ? [] : points.value), ...message.points].slice(-pointsMax))
      case "State":
        isBegun = true
        return void (state.value = message)
      case "Notice":
        return void show({ ...message, number: numbers++ })
    }
  }
  return {
    hello,
    definition,
    table,
    changes,
    known,
    points,
    state,
    notices,
    take,
    notify,
    dismiss: (number) => void (notices.value = notices.value.filter((notice) => notice.number !== number))
  }
}
