/**
 * All that a command prints. Standard output belongs to its answer; sentences, warnings and the line that tells how far
 * a command is go to standard error. That line is one, rewritten, on a terminal only. Keys, names and reasons come from
 * data, so whatever a terminal would act on is escaped here. Colours and broken lines are for terminals alone.
 */
import { Console, Effect, Layer, Logger } from "effect"
import { styleText } from "node:util"
import { printable } from "../printable.ts"
import * as setting from "../setting.ts"
import { wrap } from "./wrap.ts"

const { stderr, stdout } = process
let status = ""

const [noColor, forceColor, term, columns] = Effect.runSync(
  Effect.all(["NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"].map((name) => Effect.orDie(setting.text(name))))
)

type Stream = Pick<NodeJS.WriteStream, "isTTY" | "columns">

/** A FORCE_COLOR stands above a NO_COLOR, as Node has it. */
const takesColour = ({ isTTY }: Stream): boolean => {
  if (forceColor !== undefined) return forceColor !== "0" && forceColor !== "false"
  return isTTY === true && noColor === undefined && term !== "dumb"
}

/** True where the answer may be coloured: on a terminal, unless NO_COLOR is set, or wherever FORCE_COLOR says so. */
export const isColoured: boolean = takesColour(stdout)

/** The characters that a line of the answer has room for. */
export const width: number = Math.max(40, Number(columns) || stdout.columns || 100)

export type Style = "bold" | "dim" | "green" | "yellow" | "red" | "cyan"

export const paint = (style: Style, text: string, isTaken = isColoured): string =>
  isTaken ? styleText(style, text, { validateStream: false }) : text

/** A line of the answer, perhaps one that catches the eye. */
export type Line = string | { readonly style: Style; readonly text: string }

/** Prints a line of the answer, or several. */
export const print = (lines: Line | ReadonlyArray<Line>): Effect.Effect<void> =>
  Console.log([lines].flat().flatMap(shown).join("\n"))

/** Prints a line as it is, however wide: JSON, for programs. */
export const printJson = (value: unknown): Effect.Effect<void> => Console.log(printable(JSON.stringify(value)))

/** Prints code as it is, however wide: what stands in its texts unseen is escaped as the language does. */
export const printCode = (source: string): Effect.Effect<void> =>
  Console.log(source.trimEnd().split("\n").map(printable).join("\n"))

const shown = (line: Line): ReadonlyArray<string> => {
  const { style, text } = typeof line === "string" ? { style: undefined, text: line } : line
  const lines = broken(printable(text), stdout)
  return style === undefined ? lines : lines.map((line) => paint(style, line))
}

/** Lets what does not fit go on below, further in, so that data never stands at the margin. */
const broken = (text: string, stream: Stream): ReadonlyArray<string> => {
  const room = Number(columns) || stream.columns
  if (stream.isTTY !== true || text.length <= room) return [text]
  const [indent = ""] = /^ */.exec(text) ?? []
  return wrap(text.slice(indent.length), room, indent, `${indent}  `)
}

/** Writes a sentence on a line of its own, above the status line if there is one. */
export const say = (text: string, lead = "", style?: Style): void => {
  const lines = broken(lead + printable(text), stderr).join("\n")
  const painted = style === undefined ? lines : paint(style, lead, takesColour(stderr)) + lines.slice(lead.length)
  stderr.write(`${clear()}${painted}\n${status}`)
}

const clear = () => (status === "" ? "" : "\r\u001B[K")

/** Writes a sentence that may go on below, as a stack does; only its first line begins at the margin. */
export const sayLines = (text: string, lead = "", style?: Style): void => {
  for (const [i, line] of text.split("\n").entries()) {
    if (i === 0) say(line, lead, style)
    else say(/^(\s|$)/.test(line) ? line : `  ${line}`)
  }
}

/** True where the status line can be rewritten. */
export const isRewritable: boolean = stderr.isTTY === true && term !== "dumb"

/** Shows how far things are: in place on a terminal, else as one more line. */
export const showStatus = (text: string): void => {
  if (!isRewritable) return say(text)
  const fitting = printable(text).slice(0, (stderr.columns || 80) - 1)
  stderr.write(`${clear()}${fitting}`)
  status = fitting
}

/** Leaves the status line where it is and goes on below it. */
export const endStatus = (): void => {
  if (status !== "") stderr.write("\n")
  status = ""
}

/** Says what was kept of a command that Ctrl-C stopped. */
export const whenStopped = (kept: () => string) =>
  Effect.onInterrupt(() =>
    Effect.sync(() => {
      endStatus()
      say(`stopped; ${kept()}`)
    })
  )

const leads: { readonly [level: string]: readonly [lead: string, style: Style] } = {
  Warn: ["warning: ", "yellow"],
  Error: ["error: ", "red"],
  Fatal: ["error: ", "red"]
}

/** Log lines as sentences. */
export const layerLogger: Layer.Layer<never> = Logger.layer([
  Logger.make(({ logLevel, message }) => {
    const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
    const text = parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" ")
    say(text, ...(leads[logLevel] ?? []))
  })
])

/** `1 row`, `2 rows`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`
