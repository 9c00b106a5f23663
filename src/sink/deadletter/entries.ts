/**
 * The dead letters in a file's text, however they stand there: one on a line, as tablefold writes them, or over
 * several, one after the other or in an array. Pure.
 */
import { Result } from "effect"

export interface Entries {
  /** Texts of one dead letter each, and whatever else is between them. */
  readonly entries: ReadonlyArray<string>
  /** The end, where that is no whole dead letter: somebody may be about to write the rest of it. */
  readonly unfinished: string
}

/** Cuts a text into its dead letters. */
export const split = (text: string): Entries => {
  const entries: Array<string> = []
  let at = afterSeparators(text, 0)
  while (at < text.length) {
    const end = text[at] === "{" ? endOfObject(text, at) : endOfLine(text, at)
    const entry = text.slice(at, end).trim()
    if (end === text.length && !isJson(entry)) return { entries, unfinished: text.slice(at) }
    entries.push(entry)
    at = afterSeparators(text, end)
  }
  return { entries, unfinished: "" }
}

/** A character between dead letters, those of an array included. */
const separator = /[\s,[\]]/

const afterSeparators = (text: string, from: number): number => {
  let at = from
  while (at < text.length && separator.test(text[at]!)) at++
  return at
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf("\n", from)
  return end < 0 ? text.length : end
}

/** The beginning of a dead letter, or of what Lambda sends, on a line. */
const beginning = /\{\s*"(format|requestContext)"/y

/**
 * Finds the end of the object that begins here. Where its writer was killed it ends with its line, in a text, or before
 * the line that begins the next one.
 */
const endOfObject = (text: string, from: number): number => {
  let depth = 0
  let isText = false
  for (let i = from; i < text.length; i++) {
    const character = text[i]
    if (isText) {
      if (character === "\n") return i
      if (character === "\\" && text[i + 1] !== "\n") i++
      if (character === '"') isText = false
    } else if (character === '"') isText = true
    else if (character === "{") {
      if (depth > 0 && text[i - 1] === "\n" && isBeginning(text, i)) return i
      depth++
    } else if (character === "}" && --depth === 0) return i + 1
  }
  return text.length
}

const isBeginning = (text: string, at: number): boolean => {
  beginning.lastIndex = at
  return beginning.test(text)
}

const isJson = (text: string): boolean => Result.isSuccess(Result.try((): unknown => JSON.parse(text)))
