/** `tablefold dead-letters`: shows what dead letters there are, by reason, and leaves them where they are. */
import { Effect, Option, Result } from "effect"
import { groupBy } from "../groupBy.ts"
import { Command, Flag } from "effect/cli"
import type { DeadLetter } from "../sink/deadletter/DeadLetters.ts"
import type * as DeadLetterQueue from "../sink/deadletter/DeadLetterQueue.ts"
import { aggregateOf } from "./alias.ts"
import { Findings } from "./Failure.ts"
import * as deadLetterSource from "./deadLetterSource.ts"
import * as LoadTable from "./loadTable.ts"
import { exitCodes } from "./report.ts"
import { count, type Line, print, printJson, say } from "./terminal.ts"

const max = Flag.Int("max").pipe(
  Flag.withMetavar("count"),
  Flag.withDescription("Look at this many dead letters at most (default: 1000)"),
  Flag.filter(
    (n) => n >= 1,
    () => "at least 1"
  ),
  Flag.withDefault(1000)
)

const table = Flag.String("table").pipe(
  Flag.withMetavar("module"),
  Flag.withDescription("The module of the definition, to compare --aggregate with (default: it is not compared)"),
  Flag.optional
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the dead letters themselves, each as a line of JSON (default: as text, by reason)"),
  Flag.withDefault(false)
)

const unused = Flag.String("endpoint").pipe(
  Flag.withMetavar("url"),
  Flag.withDescription("Taken as redrive takes it, and not used: no table is read"),
  Flag.optional
)

export const deadLetters = Command.make(
  "dead-letters",
  {
    source: deadLetterSource.source,
    reason: deadLetterSource.reason,
    aggregate: deadLetterSource.aggregate,
    max,
    json,
    table,
    endpoint: unused
  },
  Effect.fnUntraced(function* (options) {
    let { aggregate } = options
    if (Option.isSome(options.table)) {
      const table = yield* LoadTable.loadTable(options.table.value)
      if (Option.isSome(aggregate)) aggregate = Option.some((yield* aggregateOf(table, aggregate.value)).name)
    }
    const queue = yield* deadLetterSource.open(options.source, "inspect")
    const total = yield* queue.size
    const kept = yield* deadLetterSource.inspect(queue, options.max)
    const contents = kept.map((each) => ({ text: each.text, content: deadLetterSource.read(each) }))
    const unread = contents.filter(({ content }) => Result.isFailure(content)).length
    const meant = contents.flatMap(({ content, text }) =>
      Result.isSuccess(content) && deadLetterSource.isMeant(content.success, { aggregate, reason: options.reason })
        ? [{ text, content: content.success }]
        : []
    )
    if (options.json) for (const { text } of meant) yield* printJson(JSON.parse(text))
    else yield* print(report(meant.map(({ content }) => content)))
    const others = contents.length - unread - meant.length
    if (others > 0) say(`${count(others, "other")} that --reason or --aggregate leave out`)
    if (unread > 0) say(`${unread} of the source are no dead letters`)
    if (kept.length < total) say(`a sample: looked at ${kept.length} of about ${total}; --max takes more`)
    if (meant.length === 0) return
    const again = `tablefold redrive ${options.source}`
    return yield* new Findings({ message: `${count(meant.length, "dead letter")}; \`${again}\` tries them again` })
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    `List the dead letters of a file, a queue or a bucket, grouped by reason, the most frequent first. Nothing is
  removed: the messages of a queue are hidden from others while they are looked at (30 seconds at most), and each look
  counts as a receive, so a queue with a redrive policy of its own may move them on.

  ${exitCodes("dead letters")}

${deadLetterSource.sourceEnvironment}`
  ),
  Command.withShortDescription("List dead letters by reason"),
  Command.withExamples([
    { command: "tablefold dead-letters dead-letters.jsonl", description: "What is wrong, and how often" },
    { command: "tablefold dead-letters dead-letters.jsonl --json | jq '.rows[].key'", description: "The rows' keys" }
  ])
)

/** Subjects shown for each reason. */
const subjectsMax = 3

const report = (contents: ReadonlyArray<DeadLetterQueue.Content>): ReadonlyArray<Line> => {
  const groups = [...groupBy(contents, kindOfContent)].toSorted(([, a], [, b]) => b.length - a.length)
  const lines = groups.flatMap(([kind, members]) => {
    const more = members.length > subjectsMax ? ` and ${members.length - subjectsMax} more` : ""
    const candidates = members.slice(0, subjectsMax).map(deadLetterSource.subject)
    return [
      "",
      { style: "bold", text: `${String(members.length).padStart(6)}  ${kind}` } as const,
      `        ${candidates.join(", ")}${more}${times(members)}`
    ]
  })
  return [`${count(contents.length, "dead letter")}, ${count(groups.length, "reason")}`, ...lines]
}

const kindOfContent = (content: DeadLetterQueue.Content): string => {
  if (content._tag === "StreamBatch") return `given up by Lambda: ${content.batch.condition}`
  return content.deadLetter.reason
}

const times = (contents: ReadonlyArray<DeadLetterQueue.Content>): string => {
  const deadLetters = contents.flatMap((content): ReadonlyArray<DeadLetter> =>
    content._tag === "DeadLetter" ? [content.deadLetter] : []
  )
  const first = deadLetters.map(({ firstAt }) => firstAt).toSorted()[0]
  const last = deadLetters
    .map(({ lastAt }) => lastAt)
    .toSorted()
    .at(-1)
  if (first === undefined || last === undefined) return ""
  return first === last ? `; at ${first}` : `; from ${first} to ${last}`
}
