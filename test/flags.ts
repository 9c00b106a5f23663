/** The flags of a program in this folder. */
import { parseArgs, type ParseArgsConfig } from "node:util"

type Options = NonNullable<ParseArgsConfig["options"]>

/** What the command line says. With `--help` it prints the usage and ends; with what is no flag, to stderr with 2. */
export const readFlags = <const O extends Options>(usage: string, options: O) => {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } })
    const isHelp = "help" in values && values.help === true
    if (!isHelp) return values as ReturnType<typeof parseArgs<{ options: O }>>["values"]
    process.stdout.write(`${usage}\n`)
    return process.exit(0)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`)
    return process.exit(2)
  }
}
