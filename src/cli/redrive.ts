/** `tablefold redrive`: works dead letters off, and takes away those that are settled. */
import { Effect, Layer, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import type * as Table from "../define/Table.ts"
import { redrive as send } from "../maintain/redrive.ts"
import type * as DeadLetterQueue from "../sink/deadletter/DeadLetterQueue.ts"
import { layerMemory } from "../sink/Sink.ts"
import { aggregateOf } from "./alias.ts"
import { Findings } from "./Failure.ts"
import * as deadLetterSource from "./deadLetterSource.ts"
import * as LoadTable from "./loadTable.ts"
import { layerOpenSearch, openSearchEnvironment } from "./openSearch.ts"
import { dynamodbEnvironment, endpoint, layerReader, layerStream } from "./stream.ts"
import { exitCodes, json, report } from "./report.ts"
import { count, endStatus, say, showStatus, whenStopped } from "./terminal.ts"

const dryRun = Flag.Boolean("dry-run").pipe(
  Flag.withDescription(
    "Read the rows and say which would still be refused by the definition; write and remove nothing (default: redrive)"
  ),
  Flag.withDefault(false)
)

interface Tally {
  /** Taken out of the source so far, and how many it held about. */
  seen: number
  total: number
  settled: number
  open: number
  /** Not meant by the filters. */
  skipped: number
  rows: number
}

export const redrive = Command.make(
  "redrive",
  {
    source: deadLetterSource.source,
    table: LoadTable.flag,
    reason: deadLetterSource.reason,
    aggregate: deadLetterSource.aggregate,
    dryRun,
    json,
    endpoint
  },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const aggregate = Option.isNone(options.aggregate) ? undefined : yield* aggregateOf(table, options.aggregate.value)
    const address = Option.getOrUndefined(options.endpoint)
    const layer = Layer.mergeAll(
      options.dryRun ? layerMemory : layerOpenSearch,
      yield* layerReader(address),
      yield* layerStream(address)
    )
    const queue = yield* deadLetterSource.open(options.source, "redrive")
    const tally: Tally = { seen: 0, total: yield* queue.size, settled: 0, open: 0, skipped: 0, rows: 0 }
    const { dryRun, reason } = options
    const meant = { dryRun, reason, aggregate: Option.fromUndefinedOr(aggregate?.name) }
    const done = () => text(tally, dryRun)
    yield* workOff(table, queue, meant, tally).pipe(
      Effect.onExit(() => queue.finish),
      Effect.provide(layer),
      whenStopped(done),
      Effect.tapError(() => Effect.sync(() => (endStatus(), say(done()))))
    )
    endStatus()
    const { total: _, seen: deadLetters, ...rest } = tally
    yield* report(options.json, { deadLetters, ...rest }, done())
    if (tally.open > 0) {
      return yield* new Findings({
        message: `${count(tally.open, "dead letter")} ${dryRun ? "would not be" : "not"} settled; see above why`
      })
    }
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    `Work dead letters off: the row of each is read from the table, consistently, and what is read, or that it is gone,
  is written to OpenSearch under the dead letter's version. What the stream said since stands; the dead letter's own
  data is never used. Those that are settled are removed, all others stay (in a queue they are visible again at the
  end).
  The messages that Lambda itself sends to an on-failure queue are taken too: the stream is read again for their rows,
  while it has them (24 hours).

  ${exitCodes("dead letters that stay")}

${deadLetterSource.sourceEnvironment}

${openSearchEnvironment("without --dry-run")}

${dynamodbEnvironment}`
  ),
  Command.withShortDescription("Write the rows of dead letters again, as the table has them now"),
  Command.withExamples([
    { command: "tablefold redrive dead-letters.jsonl --dry-run", description: "What would still be refused" },
    {
      command: "tablefold redrive https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters --reason date",
      description: "Those whose reason holds a word, out of a queue"
    },
    { command: "tablefold redrive s3://dead-letters/shop", description: "Those that lie in a bucket" }
  ])
)

/** Rows are read a hundred at a time; each batch has the sink's time budget for itself. */
const batchMax = 50

interface Options extends deadLetterSource.Filter {
  readonly dryRun: boolean
}

const workOff = Effect.fnUntraced(function* (
  table: Table.Table,
  queue: DeadLetterQueue.DeadLetterQueue,
  options: Options,
  tally: Tally
) {
  for (;;) {
    const kept = yield* queue.take
    if (kept.length === 0) return
    for (let i = 0; i < kept.length; i += batchMax) {
      yield* workOffSome(table, queue, kept.slice(i, i + batchMax), options, tally)
      showStatus(line(tally))
    }
  }
})

const workOffSome = Effect.fnUntraced(function* (
  table: Table.Table,
  queue: DeadLetterQueue.DeadLetterQueue,
  kept: ReadonlyArray<DeadLetterQueue.Message>,
  options: Options,
  tally: Tally
) {
  const meant: Array<{ readonly handle: string; readonly content: DeadLetterQueue.Content }> = []
  tally.seen += kept.length
  for (const each of kept) {
    const content = deadLetterSource.read(each)
    if (Result.isFailure(content)) notSettled(tally, "something in it", content.failure)
    else if (deadLetterSource.isMeant(content.success, options)) {
      meant.push({ handle: each.handle, content: content.success })
    } else tally.skipped++
  }
  if (meant.length === 0) return
  const answers = yield* send(
    table,
    meant.map(({ content }) => content),
    options.dryRun
  )
  const settled: Array<string> = []
  for (const [i, { isSettled, reasons, rows }] of answers.entries()) {
    const { content, handle } = meant[i]!
    tally.rows += rows
    if (isSettled) {
      tally.settled++
      settled.push(handle)
      continue
    }
    const subject = deadLetterSource.subject(content)
    const words = reasons.map((reason) =>
      reason.startsWith(`${subject}: `) ? reason.slice(subject.length + 2) : reason
    )
    notSettled(tally, subject, words.join("; "))
  }
  if (settled.length > 0 && !options.dryRun) yield* queue.remove(settled)
})

/** As many reasons as are reported one by one; more of them scroll away unread. */
const toldMax = 20

const notSettled = (tally: Tally, subject: string, reason: string): void => {
  tally.open++
  if (tally.open <= toldMax) say(`${subject} stays: ${reason}`)
  if (tally.open === toldMax + 1) say("more stay; tablefold dead-letters groups them by reason")
}

const line = ({ open, seen, settled, total }: Tally): string => {
  const share = total > 0 ? `${Math.min(100, Math.floor((100 * seen) / total))} % · ` : ""
  return `${share}${seen} of about ${total} dead letters · ${settled} settled${open > 0 ? ` · ${open} not` : ""}`
}

const text = ({ open, skipped, rows, settled, seen }: Tally, isDryRun: boolean): string => {
  const others = skipped === 0 ? "" : `, ${skipped} skipped`
  const left = seen - settled - open - skipped
  const untried = left === 0 ? "" : `, ${left} not tried`
  const stay = open === 0 ? "" : `, ${open} ${isDryRun ? "would stay" : "stay"}`
  const done = isDryRun ? "would be settled" : "settled and removed"
  return `${count(seen, "dead letter")}: ${settled} ${done} (${count(rows, "row")})${stay}${others}${untried}`
}
