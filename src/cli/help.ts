/** A command's help, as wide as the terminal; and a wrong use of it, in a sentence and one line. */
import { Effect, type Layer, Option } from "effect"
import { type CliError, CliOutput, type HelpDoc } from "effect/cli"
import { type Line, print, say, width as available } from "./terminal.ts"
import { wrap } from "./wrap.ts"

/** Prints what the command line asks for by itself. */
export const layer: Layer.Layer<never> = CliOutput.layerPresenter({
  present: (event) => {
    switch (event._tag) {
      case "Help":
        return print(helpOf(event.helpDoc))
      case "Version":
        return print(`${event.name} ${event.version}`)
      case "InvalidInvocation":
        return Effect.sync(() => {
          const path = event.commandPath.join(" ")
          for (const error of event.errors) say(sentenceOf(error), `${path}: `, "red")
          say(`usage: ${event.helpDoc.usage}; ${path} --help says more`)
        })
    }
  }
})

/** One line, which begins as all our sentences do. */
const sentenceOf = ({ message }: CliError.CliError): string => {
  const [what = "", ...meant] = message.split(/\s*\n\s*/)
  const [, ...others] = meant
  const question = others.length === 0 ? "" : `; did you mean ${others.join(" or ")}?`
  return what.charAt(0).toLowerCase() + what.slice(1).replace(/ in command .*$/, "") + question
}

/** Wider lines are hard to read. */
const width = Math.min(available, 110)

const helpOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Line> => {
  const rowOf = ({ description, ...flag }: HelpDoc.FlagDoc): Row => ({
    name: `${[`--${flag.name}`, ...flag.aliases].join(", ")}${flag.type === "boolean" ? "" : ` ${flag.type}`}`,
    text: Option.getOrElse(description, () => "")
  })
  const args = (doc.args ?? []).map(({ description, name, variadic }) => ({
    name: variadic ? `${name}...` : name,
    text: Option.getOrElse(description, () => "")
  }))
  const subcommands = (doc.subcommands ?? [])
    .flatMap(({ commands }) => commands)
    .map(({ description, name, shortDescription }) => ({ name, text: shortDescription ?? description }))
  const examples = (doc.examples ?? []).map(({ command, description }) => [`  # ${description}`, `  ${command}`])
  return [
    section("DESCRIPTION", paragraphs(doc.description)),
    section("USAGE", [`  ${doc.usage}`]),
    section("ARGUMENTS", rows(args)),
    section("FLAGS", rows(doc.flags.map(rowOf))),
    section("SUBCOMMANDS", rows(subcommands)),
    section("EXAMPLES", separated(examples)),
    section("GLOBAL FLAGS", rows((doc.globalFlags ?? []).map(rowOf)))
  ]
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ["", ...lines]))
}

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<Line> =>
  lines.length === 0 ? [] : [{ style: "bold", text: title }, ...lines]

const separated = (groups: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> =>
  groups.flatMap((lines, i) => (i === 0 ? lines : ["", ...lines]))

interface Row {
  readonly name: string
  readonly text: string
}

const nameMax = 20

/** Names on the left, as wide as most of them need, and what they mean on the right. */
const rows = (all: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const left = Math.max(0, ...all.map(({ name }) => name.length).filter((length) => length <= nameMax)) + 4
  return all.flatMap(({ name, text }) => {
    const [first = "", ...others] = wrap(text, width, " ".repeat(left))
    return name.length + 4 > left
      ? [`  ${name}`, first, ...others]
      : [`  ${name.padEnd(left - 2)}${first.slice(left)}`, ...others]
  })
}

/** Lines of a paragraph flow together; those that are indented further are the rows of a table. */
const paragraphs = (description: string): ReadonlyArray<string> => {
  const blocks: Array<string> = []
  let isOpen = false
  for (const line of description.split("\n")) {
    const isRow = /^ {4}/.test(line)
    if (isOpen && !isRow && line.trim() !== "") blocks[blocks.length - 1] += ` ${line.trim()}`
    else blocks.push(isRow ? line : line.trim())
    isOpen = !isRow && line.trim() !== ""
  }
  return blocks.flatMap((block) => {
    if (!block.startsWith(" ")) return block === "" ? [""] : wrap(block, width, "  ")
    const [name = "", gap = ""] = /^ {4}\S+( {2,})/.exec(block) ?? /^ {4}/.exec(block) ?? []
    return wrap(block.slice(name.length), width, name, gap === "" ? "      " : " ".repeat(name.length))
  })
}
