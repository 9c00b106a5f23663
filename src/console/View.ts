/**
 * Everything that pages are shown, held in memory and bounded: rows, documents, changes, the run. Whoever follows the
 * stream tells it what happened, which costs no request and no waiting; `take` gives what is new since it was asked.
 */
import { Result } from "effect"
import type * as Table from "../define/Table.ts"
import { keysOf } from "../KeyNames.ts"
import type { Delivery } from "../pipeline/Delivery.ts"
import type { Received } from "../pipeline/settlement.ts"
import type { Attributes, Change } from "../source/Change.ts"
import type { Progress } from "../source/stream/Progress.ts"
import { rowBytes } from "../source/rowBytes.ts"
import { altered } from "./altered.ts"
import { type Told, toldOf, waitingOf } from "./changes.ts"
import { type Counted, DeadLetterCounts } from "./DeadLetterCounts.ts"
import type * as messages from "./messages.ts"
import { changesMax, documentsAnew, emptyNews, newsMessages, rowsAnew } from "./news.ts"
import { Recent } from "./Recent.ts"
import { type HeldRow, type Place, placeOf, rowOf } from "./rows.ts"
import { Run } from "./Run.ts"

export interface Options {
  readonly hello: messages.Hello
  /** True where all rows and documents were told at the beginning, so that one not known is new. */
  readonly knowsAll: boolean
}

/** Documents and rows: thousands, and no more memory than a page can take. */
const limits = { countMax: 5000, bytesMax: 16 * 2 ** 20 }

/** A document that changed. */
export interface Dirty extends Document {
  /** The number and time of its last change, and when the page wrote that, if it did. */
  readonly change: number
  readonly at: number
  readonly writtenAt: number | undefined
}

/** A write that the page made, and the row as it was shown before. */
export interface Wrote {
  readonly row: string
  readonly before: HeldRow | undefined
}

type From = messages.Change["from"]
type Document = Pick<messages.Document, "aggregate" | "id">
type Held = Omit<messages.State, "_tag" | keyof ReturnType<Run["state"]>>

export class View {
  readonly run = new Run()
  private readonly options: Options
  private table: Table.Table
  private definition: messages.Definition
  private readonly rows = new Recent<HeldRow>(limits)
  private readonly documents = new Recent<messages.Document>(limits)
  private changes: Array<messages.Change> = []
  private number = 0
  /** The number of the last change that `take` gave. */
  private taken = 0
  /** Documents to be read again, oldest first, with the number and time of their last change. */
  private readonly dirty = new Recent<Dirty>(limits)
  private readonly writes = new Map<string, Array<number>>()
  private readonly deadLetters = new DeadLetterCounts()
  private news = emptyNews()
  private held: Held = {
    isReady: false,
    problem: null,
    isHeld: false,
    stoppedUntil: null,
    deadLetters: [],
    generations: [],
    proof: null
  }
  private lastState = ""

  constructor(options: Options, table: Table.Table, definition: messages.Definition) {
    this.options = options
    this.table = table
    this.definition = definition
  }

  /** Begins anew with a definition: rows are told again, documents are made anew. */
  define(table: Table.Table, definition: messages.Definition, items: ReadonlyArray<Attributes>): void {
    this.table = table
    this.definition = definition
    this.documents.clear()
    this.dirty.clear()
    this.rows.clear()
    for (const item of items) this.applyRow(placeOf(table, keysOf(table, item)), item)
    const { changes, other, points } = this.news
    const others = other.filter(({ _tag }) => _tag !== "Definition")
    this.news = { ...emptyNews(), isAnew: true, changes, points, other: others }
  }

  /** Tells a problem of the definition's file as it now is; none where it is as the one that is used. */
  noteProblem(problem: string | undefined): void {
    this.definition = { ...this.definition, problem: problem ?? null }
    this.news.other.push(this.definition)
  }

  /** A row that was written by the page at `at`: its change is told with the time from then. */
  wrote(keys: Attributes, item: Attributes | undefined, at: number): Wrote {
    const place = placeOf(this.table, keys)
    const { row } = place
    const times = this.writes.get(row) ?? []
    if (times.length < 100) times.push(at)
    this.writes.set(row, times)
    if (this.writes.size > limits.countMax) this.writes.delete(this.writes.keys().next().value!)
    const before = this.rows.get(row)
    this.applyRow(place, item)
    return { row, before }
  }

  /** A write that changed nothing is told by no change, and one that failed neither: that is taken back. */
  unwrote({ before, row }: Wrote, isFailed: boolean): void {
    const times = this.writes.get(row)
    times?.pop()
    if (times?.length === 0) this.writes.delete(row)
    if (isFailed) this.show(row, before)
  }

  delivered(received: ReadonlyArray<Received>, delivery: Delivery, at: number, from: From = "stream"): void {
    this.run.delivered(delivery)
    if (delivery.summary.deadLettered > 0) this.noteDeadLetters(received, delivery)
    this.tell(toldOf(this.table, received, delivery, changesMax), at, from)
  }

  failed(received: ReadonlyArray<Received>, reason: string, at: number): void {
    this.tell(waitingOf(this.table, received, reason, changesMax), at, "stream")
  }

  note(progress: Progress, at: number): void {
    this.run.note(progress)
    if (progress._tag === "Gap" || progress._tag === "Late") this.notice(progress.message, at, true)
  }

  notice(text: string, at: number, isProblem = false): void {
    this.news.other.push({ _tag: "Notice", at, text, isProblem })
  }

  /** Documents to read again, and no longer remembered as such. */
  takeDirty(countMax: number): ReadonlyArray<Dirty> {
    return this.dirty.take(countMax)
  }

  /** A document as it was read; `json` is `undefined` where readers see none. */
  read(of: Document, json: string | undefined, change: number | null, at: number): void {
    const key = keyOf(of)
    const before = this.documents.get(key)
    const showsData = this.options.hello.showsData
    const document = json === undefined || !showsData ? null : JSON.parse(json)
    const isKnown = before !== undefined || this.options.knowsAll
    const told = isKnown && showsData ? altered(before?.document ?? {}, document ?? {}) : []
    const isThere = json !== undefined
    const next = { ...of, document, isThere, altered: change === null ? [] : told, change, at, found: null }
    this.documents.set(key, next, 200 + (showsData ? (json?.length ?? 0) : 0))
    this.news.documents.set(key, next)
  }

  /** The time from a write until a search found it. */
  found(of: Document, change: number, millis: number): void {
    const known = this.documents.get(keyOf(of))
    if (known?.change !== change) return
    const next = { ...known, found: millis }
    this.documents.set(keyOf(of), next, 200 + JSON.stringify(next.document).length)
    this.news.documents.set(keyOf(of), next)
  }

  /** Tells anew which dead letters there are. */
  setDeadLetters(all: ReadonlyArray<Counted>): void {
    this.deadLetters.clear()
    for (const deadLetter of all) this.deadLetters.add(deadLetter)
    this.set({ deadLetters: this.deadLetters.all() })
  }

  set(part: Partial<Held>): void {
    this.held = { ...this.held, ...part }
  }

  get state(): messages.State {
    return { _tag: "State", ...this.held, ...this.run.state() }
  }

  tick(at: number): void {
    this.news.points.push(this.run.tick(at))
    const state = this.state
    const text = JSON.stringify(state)
    if (text !== this.lastState) this.news.other.push(state)
    this.lastState = text
  }

  /** Lets go what is new, where no page is there to be told. */
  skip(): void {
    this.news = emptyNews()
    this.taken = this.number
  }

  /** The messages since the last time. */
  take(): ReadonlyArray<messages.ServerMessage> {
    const { news } = this
    this.news = emptyNews()
    this.taken = this.number
    return newsMessages(news, {
      anew: news.isAnew ? [this.definition, ...this.anew()] : [],
      rowOf: this.rowOf,
      rowsArePart: this.rows.isPart,
      documentsArePart: this.documents.isPart
    })
  }

  /** The messages that a page begins with. */
  snapshot(): ReadonlyArray<messages.ServerMessage> {
    // What is not taken yet comes as news.
    const { points } = this.news
    return [
      this.options.hello,
      this.definition,
      ...this.anew(),
      { _tag: "Changes", changes: this.changes.filter(({ number }) => number <= this.taken) },
      { _tag: "Points", isFirst: true, points: this.run.points.slice(0, this.run.points.length - points.length) },
      this.state
    ]
  }

  private tell(all: ReadonlyArray<Told>, at: number, from: From): void {
    for (const { change, event, outcome, place } of all) {
      const { aggregate, field, id, partition, row, sort } = place
      const [delay, isExact] = outcome._tag === "Waiting" ? [null, false] : this.delayOf(row, change, at, from)
      if (delay !== null && from === "stream") this.run.noteDelay(delay)
      const number = ++this.number
      const told = { number, row, partition, sort, event, aggregate, id, field, at, delay, isExact, outcome, from }
      this.news.changes.push(told)
      this.changes.push(told)
      if (from === "stream" && !this.writes.has(row)) this.applyRow(place, change.image)
      if (aggregate !== null && id !== null && outcome._tag !== "Waiting") {
        const key = keyOf({ aggregate, id })
        const writtenAt = isExact && delay !== null ? at - delay : undefined
        this.dirty.set(key, { aggregate, id, change: number, at, writtenAt }, 0)
      }
    }
    if (this.changes.length > 2 * changesMax) this.changes = this.changes.slice(-changesMax)
    if (this.news.changes.length > 2 * changesMax) this.news.changes = this.news.changes.slice(-changesMax)
  }

  private noteDeadLetters(received: ReadonlyArray<Received>, { refusals, unacknowledged }: Delivery): void {
    const open = new Set(unacknowledged.map(({ index }) => index))
    for (const { index, reason } of refusals) {
      const read = received[index]!
      if (open.has(index) || Result.isFailure(read)) continue
      const { aggregate, partition, sort } = placeOf(this.table, read.success.keys)
      this.deadLetters.add({ aggregate, reason, key: sort === "" ? partition : `${partition} / ${sort}` })
    }
    this.set({ deadLetters: this.deadLetters.all() })
  }

  private delayOf(row: string, { origin }: Change, at: number, from: From): readonly [number | null, boolean] {
    if (from !== "stream") return [null, false]
    const times = this.writes.get(row)
    const written = times?.shift()
    if (times?.length === 0) this.writes.delete(row)
    if (written !== undefined) return [Math.max(0, at - written), true]
    const made = origin._tag === "Stream" ? origin.createdAt : undefined
    return [made === undefined ? null : Math.max(0, at - made), false]
  }

  private applyRow(place: Place, image: Attributes | undefined): void {
    const { showsData } = this.options.hello
    const item = image === undefined || showsData ? image : keysOf(this.table, image)
    this.show(place.row, item && { place, item })
  }

  private show(row: string, now: HeldRow | undefined): void {
    if (now === undefined) {
      this.rows.delete(row)
      this.news.rows.delete(row)
      this.news.removed.add(row)
      return
    }
    this.rows.set(row, now, rowBytes(now.item))
    this.news.rows.set(row, now)
    this.news.removed.delete(row)
  }

  private readonly rowOf = (row: HeldRow): messages.Row => rowOf(this.table, row, this.options.hello.showsData)

  private anew(): ReadonlyArray<messages.ServerMessage> {
    const { documents, rows } = this
    return [
      ...rowsAnew(rows.values().map(this.rowOf), rows.isPart),
      ...documentsAnew(documents.values(), documents.isPart)
    ]
  }
}

const keyOf = ({ aggregate, id }: Document): string => JSON.stringify([aggregate, id])
