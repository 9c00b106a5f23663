/** `tablefold replay`: stored stream records become documents, in memory or in OpenSearch. */
import { Effect, Option, Result, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import type * as Table from "../define/Table.ts"
import * as fileText from "../fileText.ts"
import { none, plus } from "../pipeline/Delivery.ts"
import { log } from "../pipeline/log.ts"
import * as Pipeline from "../pipeline/Pipeline.ts"
import { originsOf, type Unacknowledged } from "../pipeline/settlement.ts"
import * as Documents from "../sink/Documents.ts"
import { layerMemory } from "../sink/Sink.ts"
import * as JsonLines from "../source/record/JsonLines.ts"
import type { ReadRecord } from "../source/record/streamRecord.ts"
import { Failure, Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { layerOpenSearch, openSearchEnvironment } from "./openSearch.ts"
import { exitCodes, report } from "./report.ts"
import { count, print, say, whenStopped } from "./terminal.ts"
import { watchedSink } from "./watchedSink.ts"

const files = Argument.String("file").pipe(
  Argument.withDescription(
    "Lambda events or stream records, as one JSON text or newline-separated, in any order; also what Lambda put into " +
      "S3 of batches that it gave up; - is standard input"
  ),
  Argument.variadic({ min: 1 })
)

const openSearch = Flag.Boolean("opensearch").pipe(
  Flag.withDescription("Write into OpenSearch and print a summary, instead of printing documents (default: print)"),
  Flag.withDefault(false)
)

const streamArn = Flag.String("stream-arn").pipe(
  Flag.withMetavar("arn"),
  Flag.withDescription(
    "The stream that all records count as of, whatever they name; those of aws dynamodbstreams get-records name none " +
      "(default: the one that each names)"
  ),
  Flag.optional
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the summary of --opensearch as JSON (default: as text); documents are JSON in any case"),
  Flag.withDefault(false)
)

export const replay = Command.make(
  "replay",
  { files, table: LoadTable.flag, openSearch, streamArn, json },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const arn = Option.getOrUndefined(options.streamArn)
    const records = (yield* Effect.forEach(options.files, (file) => readRecords(file, arn))).flat()
    yield* oneTable(records)
    const open = yield* options.openSearch ? intoOpenSearch(table, records, options.json) : intoMemory(table, records)
    if (open.length === 0) return
    const are = open.length === 1 ? "is" : "are"
    const message = `${open.length} of ${records.length} records ${are} not settled; see the warnings above`
    return yield* open.every(({ isRefused }) => isRefused) ? new Findings({ message }) : new Failure({ message })
  })
).pipe(
  Command.withDescription(
    `Feed stored Lambda events or stream records through the definition and print the documents they become:
  one JSON object, alias → id → document, one document on a line, sorted by id. All else goes to standard error.

  ${exitCodes("refused rows")}

${openSearchEnvironment("with --opensearch")}`
  ),
  Command.withShortDescription("Print what stored stream records become, or write it into OpenSearch"),
  Command.withExamples([
    { command: "tablefold replay event.json --table ./table.ts", description: "The documents of a Lambda event" },
    { command: "tablefold replay *.jsonl | jq '.orders[\"1001\"]'", description: "One document out of many files" },
    {
      command: "OPENSEARCH_NODE=http://localhost:9200 tablefold replay --opensearch day.jsonl",
      description: "The same into OpenSearch"
    }
  ])
)

const readRecords = Effect.fnUntraced(function* (file: string, arn: string | undefined) {
  const bytes = yield* Effect.tryPromise({
    try: () => (file === "-" ? buffer(process.stdin) : readFile(file)),
    catch: (error) => new Failure({ message: `${file} can't be read: ${errnoText(error)}` })
  })
  const text = yield* Effect.mapError(
    Effect.fromResult(fileText.decode(bytes)),
    ({ message }) => new Failure({ message: `${file} can't be read: ${message}` })
  )
  const records = JsonLines.read(file === "-" ? "stdin" : file, text, { streamArn: arn })
  return Result.isSuccess(records) ? records.success : yield* new Failure({ message: records.failure.message })
})

const errnoText = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === "ENOENT") return "there is no such file"
  if (code === "EISDIR") return "it is a folder"
  return code === "EACCES" ? "permission denied" : message
}

/** A batch of the pipeline is of one table; so must be all batches here. */
const oneTable = (records: ReadonlyArray<ReadRecord>) => {
  const tables = [...new Set(originsOf(records).map(({ tableArn }) => tableArn))]
  if (tables.length <= 1) return Effect.void
  return Effect.fail(
    new Failure({ message: `the records come from several tables, replay them one by one: ${tables.join(", ")}` })
  )
}

const intoMemory = Effect.fnUntraced(function* (table: Table.Table, records: ReadonlyArray<ReadRecord>) {
  const idsOf = new Map(table.aggregates.map((aggregate) => [aggregate, new Set<string>()]))
  const sink = watchedSink(layerMemory, ({ id, shape }) => Effect.sync(() => void idsOf.get(shape.aggregate)?.add(id)))
  return yield* Effect.gen(function* () {
    const delivery = yield* Pipeline.deliver(table, records)
    yield* log(delivery)
    const { summary, unacknowledged } = delivery
    const aliases: Array<ReadonlyArray<string>> = []
    for (const [aggregate, ids] of idsOf) {
      const documents: Array<ReadonlyArray<string>> = []
      for (const id of [...ids].sort()) {
        const json = yield* Documents.json(aggregate, id)
        if (Option.isSome(json)) documents.push([`    ${JSON.stringify(id)}: ${json.value}`])
      }
      const name = `  ${JSON.stringify(aggregate.name)}: {`
      aliases.push(documents.length === 0 ? [`${name}}`] : [name, ...separated(documents), "  }"])
    }
    yield* print(["{", ...separated(aliases), "}"])
    say(text(summary))
    return unacknowledged
  }).pipe(Effect.provide(sink))
})

/** The lines of members of a JSON object, with commas between the members. */
const separated = (members: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> =>
  members.flatMap((lines, i) => (i === members.length - 1 ? lines : [...lines.slice(0, -1), `${lines.at(-1)},`]))

/** As many as GetRecords gives at most; each batch has the sink's time budget for itself. */
const batchRecordsMax = 1000

const intoOpenSearch = Effect.fnUntraced(
  function* (table: Table.Table, records: ReadonlyArray<ReadRecord>, isJson: boolean) {
    const open: Array<Unacknowledged> = []
    const total = yield* Stream.fromArray(records).pipe(
      Stream.grouped(batchRecordsMax),
      Stream.mapEffect((changes) => Pipeline.deliver(table, changes)),
      Stream.tap(log),
      Stream.tap(({ unacknowledged }) => Effect.sync(() => open.push(...unacknowledged))),
      Stream.map(({ summary }) => summary),
      Stream.runFold(() => none, plus)
    )
    yield* report(isJson, total, text(total))
    return open
  },
  Effect.provide(layerOpenSearch),
  whenStopped(() => "what is written stays; run it again, and nothing counts twice")
)

const text = ({ unclaimed, received, refused, withoutDerived, written }: Pipeline.Summary): string => {
  const more = [
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(withoutDerived > 0 ? [`${withoutDerived} written without derived fields`] : []),
    ...(unclaimed > 0 ? [`${unclaimed} of rows that no aggregate claims`] : [])
  ]
  return [`${count(received, "record")} made ${count(written, "document")}`, ...more].join(", ")
}
