/**
 * All that a command prints. Standard output belongs to its answer; sentences, warnings and the line that tells how far
 * a command is go to standard error. That line is one, rewritten, on a terminal only. Keys, names and reasons come from
 * data, so whatever a terminal would act on is escaped here.
 */
import { Console, Effect, Layer, Logger } from "effect"
import { printable } from "../printable.ts"

const { stderr } = process
let line = ""

const clear = () => (line === "" ? "" : "\r\u001B[K")

/** Prints a line of the answer, or several. */
export const print = (lines: string | ReadonlyArray<string>): Effect.Effect<void> =>
  Console.log([lines].flat().map(printable).join("\n"))

/** Writes a sentence on a line of its own, above the status line if there is one. */
export const say = (text: string): void => {
  stderr.write(`${clear()}${printable(text)}\n${line}`)
}

/** Writes a sentence that may go on below, as a stack does; only its first line begins at the margin. */
export const sayLines = (text: string): void => {
  for (const [i, line] of text.split("\n").entries()) say(i === 0 || /^(\s|$)/.test(line) ? line : `  ${line}`)
}

/** True where the status line can be rewritten. */
export const isRewritable: boolean = stderr.isTTY === true

/** Shows how far things are: in place on a terminal, else as one more line. */
export const showStatus = (text: string): void => {
  if (!isRewritable) return say(text)
  const fitting = printable(text).slice(0, (stderr.columns || 80) - 1)
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
