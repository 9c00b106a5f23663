/** `tablefold rebuild`: a new index from the table, without a pause for readers. */
import { Duration, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as promote from "../generation/promote.ts"
import { rebuild as make } from "../generation/rebuild.ts"
import * as ScanProgress from "../source/scan/ScanProgress.ts"
import { backfillLine } from "./backfill.ts"
import { confirm, yes } from "./confirm.ts"
import { Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { reached } from "./reached.ts"
import { rate, segments, shower, tableName } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerReader, layerScan } from "./stream.ts"
import { exitCodes, json, report } from "./report.ts"
import { endStatus, say, whenStopped } from "./terminal.ts"

const seconds = (name: string, description: string, byDefault: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("seconds"),
    Flag.withDescription(`${description} (default: ${byDefault})`),
    Flag.withDefault(byDefault)
  )

const wait = seconds("wait", "How long after it was made every writer has noticed a new index", 90)

const settle = seconds("settle", "How long a difference must stand before it counts", 10)

const newSource = Flag.Boolean("new-source").pipe(
  Flag.withDescription(
    "Take the table for the successor of the one that the index is made from: a table restored under another name, " +
      "or one in another region (default: a table that the index is not made from is refused)"
  ),
  Flag.withDefault(false)
)

const state = Flag.String("state").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription("The file that keeps how far the scan is (default: ./<name>.rebuild.json)"),
  Flag.optional
)

interface Promoted {
  readonly alias: string
  readonly from: string | null
  readonly to: string
  readonly warning: string | null
}

const text = (promoted: ReadonlyArray<Promoted>): ReadonlyArray<string> =>
  promoted.length === 0
    ? ["no definition needs a new index; `tablefold plan` says what it would change"]
    : promoted.flatMap(({ alias, from, to }) => [
        `readers of "${alias}" see ${to} now; back: tablefold rollback ${alias}`,
        `when there is no way back wanted: tablefold drop ${alias} ${from ?? "<index>"}`
      ])

export const rebuild = Command.make(
  "rebuild",
  { tableName, table: LoadTable.flag, newSource, wait, settle, segments, rate, state, yes, json, endpoint },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const flag = Option.getOrUndefined(options.endpoint)
    const prefix = yield* aliasPrefix
    const file = Option.getOrElse(options.state, () => `./${options.tableName}.rebuild.json`)
    const layers = Layer.mergeAll(
      ScanProgress.layerFile(file),
      layerGeneration,
      yield* layerScan(flag),
      yield* layerReader(flag)
    )
    const promoted: Array<Promoted> = []
    yield* Effect.gen(function* () {
      const { tableArn } = yield* reached(options.tableName, table)
      const ready = yield* make(table, {
        tableName: options.tableName,
        aliasPrefix: prefix,
        isNewSource: options.newSource,
        noticedAfter: Duration.seconds(options.wait),
        settle: Duration.seconds(options.settle),
        segments: Option.getOrUndefined(options.segments),
        unitsPerSecond: Option.getOrUndefined(options.rate),
        onStep: (sentence) => Effect.sync(() => (endStatus(), say(sentence))),
        onBackfill: yield* shower(backfillLine(options.tableName))
      })
      if (ready.length === 0) return
      const names = ready.map(({ name }) => prefix + name).join(", ")
      yield* confirm(`Lead readers of ${names} to what was filled and verified?`, options)
      for (const aggregate of ready) {
        const { from, to, warning } = yield* promote.promote(aggregate, prefix, tableArn)
        promoted.push({ alias: prefix + aggregate.name, from: from ?? null, to, warning: warning ?? null })
      }
    }).pipe(
      Effect.provide(layers),
      whenStopped(() => {
        const led = promoted.map(({ alias }) => alias).join(", ") || "none"
        return `readers were led over: ${led}; run it again, and it goes on where it was`
      })
    )
    endStatus()
    yield* report(options.json, promoted, text(promoted))
    const warnings = promoted.flatMap(({ warning }) => warning ?? [])
    if (warnings.length > 0) return yield* new Findings({ message: warnings.join("; ") })
  })
).pipe(
  Command.withDescription(
    `Make a new index where the definition needs one, fill it from the table, verify it, and lead readers over to it in
  one step, while the old index goes on. Have the new definition written meanwhile: deploy it with the old one under
  previous in Table.make, or as a second function beside the first; both indices are written until you drop the old
  one. Stopped anywhere, run it again: it goes on where it was.

  With --new-source the new index is filled from another table than the one before: its successor, restored under
  another name, or its replica in another region. The old index stays as it is, and is written by the functions of the
  old table, until you drop it; functions of either table write the index of theirs alone.

  ${exitCodes("a new index that no program is known to write")}

${openSearchEnvironment("always")}

${dynamodbEnvironment}`
  ),
  Command.withShortDescription("Fill a new index and lead readers over to it"),
  Command.withExamples([
    {
      command: "tablefold rebuild shop --yes",
      description: "All steps, without a question before readers are led over"
    },
    {
      command: "tablefold rebuild shop-restored --new-source",
      description: "From the table that was restored, with the definition as it is"
    }
  ])
)
