/**
 * What a command says beside its answer. Standard output belongs to the answer; sentences, warnings and the line that
 * tells how far a command is go to standard error. That line is one, rewritten, on a terminal only.
 */
import { Layer, Logger } from "effect"

const { stderr } = process
let line = ""

const clear = () => (line === "" ? "" : "\r\u001B[K")

/** Writes a sentence on a line of its own, above the status line if there is one. */
export const say = (text: string): void => {
  stderr.write(`${clear()}${text}\n${line}`)
}

/** Whether the status line can be rewritten. */
export const isRewritable: boolean = stderr.isTTY === true

/** Shows how far things are: in place on a terminal, else as one more line. */
export const showStatus = (text: string): void => {
  if (!isRewritable) return say(text)
  const fitting = text.slice(0, (stderr.columns || 80) - 1)
  stderr.write(`${clear()}${fitting}`)
  line = fitting
}

/** Leaves the status line where it is and goes on below it. */
export const endStatus = (): void => {
  if (line !== "") stderr.write("\n")
  line = ""
}

const names: { readonly [level: string]: string } = { Warn: "warning: ", Error: "error: ", Fatal: "error: " }

/** Log lines as sentences. */
export const layerLogger: Layer.Layer<never> = Logger.layer([
  Logger.make(({ logLevel, message }) => {
    const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
    const text = parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" ")
    say(`${names[logLevel] ?? ""}${text}`)
  })
])

/** `1 row`, `2 rows`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`
