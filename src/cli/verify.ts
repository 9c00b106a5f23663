/** `tablefold verify`: table and index compared both ways while the stream is live, and repaired if asked to. */
import { Duration, Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { Table } from "../define/Table.ts"
import { markVerified } from "../generation/promote.ts"
import { isNoDrift } from "../maintain/compare.ts"
import { verify as check } from "../maintain/verify.ts"
import type { Progress, Report } from "../maintain/VerifyTally.ts"
import * as Metrics from "../metrics/Metrics.ts"
import { existing } from "./alias.ts"
import { Failure, Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { proveContinuously } from "./proveContinuously.ts"
import { reached } from "./reached.ts"
import { rate, segments, share, shower, tableName, whole } from "./scanFlags.ts"
import { dynamodbEnvironment, endpoint, layerReader, layerScan } from "./stream.ts"
import { exitCodes, json, report } from "./report.ts"
import { count, endStatus, type Line, whenStopped } from "./terminal.ts"

const repair = Flag.Boolean("repair").pipe(
  Flag.withDescription("Put right what is wrong; safe while the stream is live (default: only tell)"),
  Flag.withDefault(false)
)

const previous = Flag.Boolean("previous").pipe(
  Flag.withDescription("Compare the indices of the definitions under previous (default: those of the newest ones)"),
  Flag.withDefault(false)
)

const settle = Flag.Int("settle").pipe(
  Flag.withMetavar("seconds"),
  Flag.withDescription(
    "How long a difference must stand before it counts: as long as the stream may be behind (default: 10)"
  ),
  Flag.withDefault(10)
)

const continuous = Flag.Boolean("continuous").pipe(
  Flag.withDescription(
    "Compare again each day, without end, and keep in the index how old the proof is (default: once)"
  ),
  Flag.withDefault(false)
)

const keys = Flag.Int("keys").pipe(
  Flag.withDescription("How many differences are named; all are counted (default: 20)"),
  Flag.withDefault(20)
)

const values = Flag.Boolean("values").pipe(
  Flag.withDescription("Show what rows hold, not the names of their fields alone (default: names)"),
  Flag.withDefault(false)
)

const lookedFor =
  "a difference, repaired or not; an aggregate that changes in the table alone; a refused row; derived fields that " +
  "can't be computed"

export const verify = Command.make(
  "verify",
  {
    tableName,
    table: LoadTable.flag,
    previous,
    repair,
    continuous,
    settle,
    keys,
    values,
    json,
    segments,
    rate,
    endpoint
  },
  Effect.fnUntraced(function* (options) {
    const loaded = yield* LoadTable.loadTable(options.table)
    const table = options.previous ? loaded.previous : loaded
    if (table === undefined) {
      return yield* new Failure({ message: `${options.table} has no definitions under previous in Table.make` })
    }
    const flag = Option.getOrUndefined(options.endpoint)
    const layers = Layer.mergeAll(layerGeneration, yield* layerScan(flag), yield* layerReader(flag))
    const { tableName } = options
    yield* Effect.provide(Effect.andThen(reached(tableName, table), existing(table, yield* aliasPrefix)), layers)
    if (options.continuous) {
      return yield* proveContinuously(table, {
        tableName,
        unitsPerSecond: Option.getOrUndefined(options.rate),
        settle: Duration.seconds(options.settle),
        isRepairing: options.repair,
        isJson: options.json
      }).pipe(
        Effect.provide(Layer.merge(layers, Metrics.layerOtlp)),
        whenStopped(() => "the next run goes on where this one ended")
      )
    }
    const found = yield* check(table, {
      tableName,
      segments: Option.getOrUndefined(options.segments),
      unitsPerSecond: Option.getOrUndefined(options.rate),
      settle: Duration.seconds(options.settle),
      isRepairing: options.repair,
      namedMax: options.keys,
      withValues: options.values,
      onProgress: yield* shower(line(tableName))
    }).pipe(
      Effect.provide(layers),
      whenStopped(() =>
        options.repair ? "what is repaired stays so; nothing is noted as verified" : "nothing is changed"
      )
    )
    endStatus()
    yield* report(options.json, found, text(found))
    const isRight = found.drift === 0 && found.restless === 0
    if (isRight && found.unwritten === 0) yield* Effect.provide(noteRight(table, found), layers)
    const message = toLookAt(found)
    if (message !== undefined) return yield* new Findings({ message })
  })
).pipe(
  Command.withDescription(
    `Compare a table and its index both ways while the stream is live: rows that are missing, wrong, or gone from the
  table, documents of nothing, fields that no row makes. What differs is looked at again, document first, and counts
  if it stands for the time to settle. With --repair it is put right: a later word of the stream still wins. Rows that
  the definition refuses are told, and are no difference; those that OpenSearch refuses are told from missing ones by
  --repair, which tries them. A row that changes all the time counts as followed if the stream brings its changes;
  an aggregate that changes in the table alone is named, and the index is then not noted as verified.
  With --continuous a round is made each day, part by part, until the command is stopped; another run goes on there. A
  difference counts once the stream was seen past it; with --repair up to 100 documents are repaired in a round.

  ${exitCodes(lookedFor)}

${openSearchEnvironment("always")}

${dynamodbEnvironment}`
  ),
  Command.withShortDescription("Compare table and index, and repair"),
  Command.withExamples([
    { command: "tablefold verify shop --json | jq .counts", description: "Only look" },
    { command: "tablefold verify shop --previous", description: "The old index, before readers are led back to it" },
    { command: "tablefold verify shop --continuous --rate 50", description: "Proof all the time, as Lambda.verify" },
    { command: "tablefold verify shop --repair --settle 60", description: "A stream that may be a minute behind" }
  ])
)

const toLookAt = ({ counts, drift, repaired, restless }: Report): string | undefined => {
  const done = repaired === 0 ? "" : `, ${repaired} of them repaired`
  if (drift > 0) return `table and index differ in ${count(drift, "place")}${done}`
  if (restless > 0) {
    return (
      `nothing is noted as verified: ${count(restless, "aggregate")} changed in the table and not in the index; ` +
      "is the stream followed? If it may be further behind, give a longer --settle"
    )
  }
  const { "not computed": without, refused } = counts
  if (refused > 0) return `table and index agree, but for ${refused} refused`
  return without > 0 ? `table and index agree, but for derived fields of ${count(without, "document")}` : undefined
}

/** Notes in each generation that it was found right, which a promotion asks for. */
const noteRight = Effect.fnUntraced(function* ({ aggregates }: Table, report: Report) {
  const prefix = yield* aliasPrefix
  yield* Effect.forEach(aggregates, (aggregate) => markVerified(aggregate, prefix, report), { discard: true })
})

const line =
  (tableName: string) =>
  ({ candidates, documents, rows, rowsTotal }: Progress, millis: number): string => {
    const { begin, end } = share(rows, 0, rowsTotal, millis)
    return `${tableName}: ${begin} · ${whole(documents)} documents · ${whole(candidates)} looked at again · ${end}`
  }

const text = (report: Report): ReadonlyArray<Line> => {
  const { counts, documents, followed, named, restless, restlessNamed, rows } = report
  const found = Object.entries(counts).filter(([, n]) => n > 0)
  const lines = named.flatMap(({ aggregate, fields, have, key, kind, reason, repair, want }) => {
    const where = fields.length === 0 ? "" : `: ${fields.join(", ")}`
    const why = reason === undefined ? "" : ` (${reason})`
    const what = repair === "none" || repair === "refused" ? "" : ` → ${repair}`
    const values =
      have === undefined && want === undefined ? [] : [`    index ${have ?? "-"}`, `    table ${want ?? "-"}`]
    const style = isNoDrift(kind) || repair === "repaired" ? "yellow" : "red"
    return [{ style, text: `  ${kind}  ${aggregate}  ${key}${where}${why}${what}` } as const, ...values]
  })
  const more = found.reduce((sum, [, n]) => sum + n, 0) - named.length
  return [
    `${count(rows, "row")} and ${count(documents, "document")} compared: ` +
      (found.length === 0 ? "no difference" : found.map(([kind, n]) => `${kind} ${n}`).join(", ")),
    ...lines,
    ...(more > 0 ? [`  … and ${more} more`] : []),
    ...(followed > 0 ? [`${count(followed, "aggregate")} changed all the time, and the index with the table`] : []),
    ...restlessNamed.map((name) => `  not to be judged  ${name}: it changed in the table alone`),
    ...(restless > restlessNamed.length ? [`  … and ${restless - restlessNamed.length} more not to be judged`] : [])
  ]
}
