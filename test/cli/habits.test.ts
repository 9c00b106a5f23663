/** The habits that all commands share: flags, exit codes, wrong uses, width and colours. */
import { assert, describe, it } from "@effect/vitest"
import { stripVTControlCharacters } from "node:util"
import { exampleTable, tablefold } from "./program.ts"

const commands = [
  "init",
  "replay",
  "check",
  "tail",
  "redrive",
  "backfill",
  "verify",
  "explain",
  "status",
  "dead-letters",
  "mapping",
  "policy",
  "plan",
  "rebuild",
  "rollback",
  "drop",
  "sweep"
]

const widest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length))

describe.each(commands)("%s", (command) => {
  it.concurrent("says its exit codes, takes --json, and keeps to the width", async () => {
    const { code, stderr, stdout } = await tablefold([command, "--help"], { env: { COLUMNS: "80" } })
    assert.deepStrictEqual([code, stderr], [0, ""])
    const flowing = stdout.replaceAll(/\s+/g, " ")
    assert.match(flowing, /Exit code: 0 done, 1 failed[,.]/)
    assert.include(stdout, "\n  --json ")
    // What is to be pasted is not broken.
    const [prose = ""] = stdout.split("EXAMPLES")
    assert.isAtMost(widest(prose), 80)
  })
})

describe.each(["replay", "verify", "rollback"])("%s", (command) => {
  it.concurrent("says what is wrong with its use in a sentence and one line", async () => {
    const { code, stderr, stdout } = await tablefold([command, "--nonsense"])
    assert.deepStrictEqual([code, stdout], [1, ""])
    const [sentence, usage, ...others] = stderr.split("\n")
    assert.strictEqual(sentence, `tablefold ${command}: unrecognized flag: --nonsense`)
    assert.match(usage ?? "", new RegExp(`^usage: tablefold ${command} .*; tablefold ${command} --help says more$`))
    assert.deepStrictEqual(others, [""])
  })
})

describe("tablefold", () => {
  it.concurrent("says which command may be meant", async () => {
    const { code, stderr } = await tablefold(["tale"])
    assert.strictEqual(code, 1)
    assert.match(stderr, /^tablefold: unknown subcommand "tale" .*; did you mean tail\?\nusage: tablefold /)
  })

  it.concurrent("has colours where it is told to, and none where it is told not to", async () => {
    const fails = (env: { readonly [name: string]: string }) => tablefold(["replay", "nowhere.json"], { env })
    const plain = "tablefold: ./table.ts does not exist; name the module of the definition with --table\n"
    const [off, on, none] = await Promise.all([fails({}), fails({ FORCE_COLOR: "1" }), fails({ FORCE_COLOR: "0" })])
    assert.deepStrictEqual([off.stderr, none.stderr], [plain, plain])
    assert.isTrue(on.stderr.startsWith("\u001b[31mtablefold: "), on.stderr)
    assert.strictEqual(stripVTControlCharacters(on.stderr), plain)
    const help = await tablefold(["replay", "--help"], { env: { FORCE_COLOR: "1" } })
    assert.isTrue(help.stdout.startsWith("\u001b[1mDESCRIPTION"), help.stdout)
  })

  it.concurrent("mapping is the same JSON with --json, on a line of its own", async () => {
    const run = (...args: ReadonlyArray<string>) => tablefold(["mapping", "--table", exampleTable, ...args])
    const [pretty, line] = await Promise.all([run(), run("--json")])
    assert.strictEqual(line.stdout.split("\n").length, 2)
    assert.deepStrictEqual(JSON.parse(line.stdout), JSON.parse(pretty.stdout))
  })
})
