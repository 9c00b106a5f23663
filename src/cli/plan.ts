/** `tablefold plan`: what the definition would change in the indices there are. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { type Change, plan as planOf } from "../generation/plan.ts"
import { requiredInWords } from "../sink/opensearch/fit.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { exitCodes, json, report } from "./report.ts"
import type { Line } from "./terminal.ts"

export const plan = Command.make(
  "plan",
  { table: LoadTable.flag, json },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const plans = yield* Effect.provide(planOf(table.aggregates, yield* aliasPrefix), layerGeneration)
    yield* report(
      options.json,
      Object.fromEntries(plans.map(({ alias, change }) => [alias, { ...change, made: undefined }])),
      plans.flatMap(({ alias, change }) =>
        text(change).map((line, i): Line => {
          if (i > 0) return `  ${line}`
          return isNoted(change) ? { style: "yellow", text: `${alias}: ${line}` } : `${alias}: ${line}`
        })
      )
    )
    const noted = plans.filter(({ change }) => isNoted(change)).map(({ alias }) => alias)
    if (noted.length > 0) {
      return yield* new Findings({ message: `${noted.join(", ")} can't be written by this definition as things are` })
    }
  })
).pipe(
  Command.withDescription(
    `Say what the definition would change in the indices that OpenSearch has: nothing, fields that are added in place,
  or a new index, and why, field by field. Nothing is changed.

  ${exitCodes("an alias needs a new index, or can't be written")}

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Say what the definition would change in OpenSearch"),
  Command.withExamples([
    { command: "tablefold plan --table ./table.ts", description: "What a deployment of this definition would mean" }
  ])
)

/** Tells whether changes wait until somebody does something about it. */
const isNoted = ({ _tag }: Change): boolean => !["First", "None", "InPlace"].includes(_tag)

const text = (change: Change): ReadonlyArray<string> => {
  switch (change._tag) {
    case "First":
      return ["no index yet; the first write makes it. If the table has older rows, run `tablefold backfill`"]
    case "None":
      return [
        `nothing changes; ${change.index} is as the definition says`,
        ...(change.source === undefined
          ? []
          : [`it is made from ${change.source}; one that takes its place needs \`tablefold rebuild --new-source\``])
      ]
    case "InPlace":
      if (change.names.length === 0)
        return [`no new index; ${change.index} goes on, with subfields that the definition does not name`]
      return [
        `the first write adds ${change.names.join(", ")} to ${change.index}`,
        "documents written before get them by `tablefold verify --repair`",
        ...[requiredInWords(change) ?? []].flat()
      ]
    case "NewGeneration":
      return [
        `a new index is needed; what differs from ${change.index}: ${change.where.join(", ")}`,
        change.made === undefined
          ? "`tablefold rebuild` makes and fills it while this one goes on"
          : `${change.made.index} was made already; \`tablefold rebuild\` goes on`
      ]
    case "NewSource":
      return [`a new index is needed: ${change.index} is made from ${change.source}`]
    case "Outdated":
      return [`this definition is out of date for ${change.index}: ${change.reason}`]
    case "Incompatible":
      return [`something stands in the way: ${change.reason}`]
  }
}
