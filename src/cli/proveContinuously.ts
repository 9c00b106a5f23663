/** `tablefold verify --continuous`: proof kept up by a process that runs, as `Lambda.verify` does it on a schedule. */
import { Clock, Duration, Effect } from "effect"
import type { Table } from "../define/Table.ts"
import { proofStatus } from "../generation/proofStatus.ts"
import { observeProof, prove } from "../maintain/observedProof.ts"
import type { Report } from "../maintain/prove.ts"
import { ofDimensions } from "../metrics/observe.ts"
import { proofText } from "./proofText.ts"
import { whole } from "./scanFlags.ts"
import { type Line, print, printJson, showStatus } from "./terminal.ts"

export interface Options {
  readonly tableName: string
  /** Read units per second, on average. */
  readonly unitsPerSecond: number | undefined
  readonly settle: Duration.Input
  readonly isRepairing: boolean
  readonly isJson: boolean
}

/** The time that one run takes, and the pause between two where nothing is to be read. */
const runTime = Duration.minutes(1)

/** Documents that are repaired in a round: as many as are remembered. */
const repairsMax = 100

/** Runs without end, and prints what is known of each index when a round is through, or when other documents differ. */
export const proveContinuously = Effect.fnUntraced(
  function* (table: Table, options: Options) {
    const { isRepairing, settle, tableName, unitsPerSecond } = options
    const unitsMax =
      unitsPerSecond === undefined ? Number.POSITIVE_INFINITY : unitsPerSecond * Duration.toSeconds(runTime)
    let printed = ""
    while (true) {
      const began = yield* Clock.currentTimeMillis
      const settings = { tableName, time: runTime, unitsMax, settle, repairsMax: isRepairing ? repairsMax : 0 }
      const report = yield* prove(table, settings)
      yield* observeProof(report)
      const now = yield* Clock.currentTimeMillis
      const news = newsOf(report)
      if (news !== printed) yield* show(report, now, options.isJson)
      printed = news
      const { documents, isResting, rows, units } = report
      if (!isResting) {
        showStatus(
          `${tableName}: ${whole(rows)} rows · ${whole(documents)} documents · ${whole(units)} read units a run`
        )
      }
      const spent = unitsPerSecond === undefined ? 0 : (units / unitsPerSecond) * 1000
      const pause = isResting ? Duration.toMillis(runTime) : Math.max(0, spent - (now - began))
      yield* Effect.sleep(pause)
    }
  },
  (effect, _, { tableName }) => ofDimensions({ table: tableName })(effect)
)

/** Another text where something is to be said: after a round, or where other documents differ than before. */
const newsOf = ({ aggregates, isResting }: Report): string =>
  JSON.stringify([
    isResting && aggregates.map(({ provenAt }) => provenAt),
    aggregates.map(({ waiting, wrong }) => [wrong.map(({ id }) => id), waiting.length])
  ])

const show = (report: Report, now: number, isJson: boolean) => {
  const all = report.aggregates.map(({ aggregate, index, ...summary }) => {
    return { aggregate, index, proof: proofStatus(summary, now) }
  })
  if (isJson) return printJson({ aggregates: all })
  const lines = all.flatMap(({ index, proof }) => proofText(proof, proof.documents).map((line) => named(index, line)))
  return print(lines)
}

const named = (index: string, line: Line): Line =>
  typeof line === "string" ? line : { ...line, text: line.text.startsWith(" ") ? line.text : `${index}: ${line.text}` }
