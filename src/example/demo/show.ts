/** Text that the demonstration prints: as wide as the terminal, up to 100 columns, but for commands to paste. */
import { type Style, isColoured, paint, width } from "../../cli/terminal.ts"
import * as words from "../../cli/wrap.ts"

const widthMax = Math.min(width, 100)

/** Colours are for people at a terminal. */
const style =
  (name: Style) =>
  (text: string): string =>
    paint(name, text, isColoured)

const faint = style("dim")

export const document = style("cyan")

/** A line of its own, between others. */
export const title = (text: string): string => words.wrap(text, widthMax).map(style("bold")).join("\n")

export interface RowLine {
  readonly eventName: string
  readonly key: string
  /** Milliseconds from the write to the document, as far as known. */
  readonly delay: Delay
}

export type Delay = { readonly millis: number; readonly isExact: boolean } | undefined

/** `  + ORDER#1001 / ITEM#1                                     54 ms` */
export const rowLine = ({ delay, eventName, key }: RowLine): string => {
  const room = Math.min(56, widthMax - 14)
  return `  ${sign(eventName)} ${fit(key, room).padEnd(room)} ${faint(millis(delay).padStart(9))}`
}

/** Many rows of one document on one line, with the delays of the quickest and the slowest. */
export const rowsLine = (rows: ReadonlyArray<RowLine>): string => {
  const [first] = rows
  if (rows.length === 1) return rowLine(first!)
  const [partition] = first!.key.split(" / ")
  const keys = rows.map(({ key }) => key.split(" / ")[1] ?? "")
  const delays = rows.flatMap(({ delay }) => (delay === undefined ? [] : [delay.millis])).sort((a, b) => a - b)
  const [quickest, slowest] = [round(delays[0] ?? 0), round(delays.at(-1) ?? 0)]
  const range = quickest === slowest ? `${slowest} ms` : `${quickest} to ${slowest} ms`
  const room = Math.min(52, widthMax - 18)
  const all = fit(`${partition} / ${keys.join(", ")}`, room)
  return `  ${sign(first!.eventName)} ${all.padEnd(room)} ${faint(range.padStart(13))}`
}

const sign = (eventName: string): string => {
  if (eventName === "INSERT") return style("green")("+")
  return eventName === "REMOVE" ? style("red")("-") : style("yellow")("~")
}

const millis = (delay: Delay): string =>
  delay === undefined ? "" : `${delay.isExact ? "" : "< "}${round(delay.millis)} ms`

const round = (millis: number) => Math.max(1, Math.round(millis))

/** `  = orders/1001  shipped  88.3  1 Gooseneck kettle, 2 Assam leaf tea, 250 g` */
export const documentLine = (name: string, json: string | undefined): string => {
  const text = json === undefined ? "no document for readers" : summary(JSON.parse(json) as Fields)
  const shown = fit(text, widthMax - 6 - name.length)
  return `  ${document(`= ${name}`)}  ${json === undefined ? faint(shown) : shown}`
}

interface Fields {
  readonly [name: string]: unknown
}

const summary = (document: Fields): string => {
  const { email, name, orderItems, shipmentInfo, status, tags, totalAmount } = document
  if (!Array.isArray(orderItems))
    return [name, email, ...(Array.isArray(tags) ? [`[${tags.join(", ")}]`] : [])].join(", ")
  const items = orderItems.map(({ productName, quantity }: Fields) => `${quantity} × ${productName}`)
  const carrier = (shipmentInfo as Fields | undefined)?.["carrier"]
  const sent = carrier === undefined ? [] : [`by ${carrier}`]
  return [status, ...sent, Number(totalAmount).toFixed(2), items.join("; ")].filter((text) => text !== "").join(" · ")
}

const fit = (text: string, width: number) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)

/** JSON, each value on one line as long as it fits. */
export const json = (value: unknown, indent = "    "): string => {
  const short = oneLine(value)
  if (indent.length + short.length < widthMax - 20 || typeof value !== "object" || value === null) return short
  const inner = `${indent}  `
  const entries = Array.isArray(value)
    ? value.map((each) => json(each, inner))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${json(each, inner)}`)
  const [open, close] = Array.isArray(value) ? "[]" : "{}"
  return `${open}\n${inner}${entries.join(`,\n${inner}`)}\n${indent}${close}`
}

const oneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${oneLine(each)}`)
  return `{ ${fields.join(", ")} }`
}

/** Breaks a sentence at blanks where it would be too wide. */
export const wrap = (text: string, indent = "", hang = indent): string =>
  words.wrap(text, widthMax, indent, hang).join("\n")

export const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`
