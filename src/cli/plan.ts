/** `tablefold plan`: what the definition would change in the indices there are. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { type Change, plan as planOf } from "../generation/plan.ts"
import { requiredInWords } from "../sink/opensearch/fit.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import * as LoadTable from "./loadTable.ts"
import { print } from "./terminal.ts"

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the plan as JSON (default: as text)"),
  Flag.withDefault(false)
)

export const plan = Command.make(
  "plan",
  { table: LoadTable.flag, json },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const plans = yield* Effect.provide(planOf(table.aggregates, yield* aliasPrefix), layerGeneration)
    if (options.json) {
      const all = plans.map(({ alias, change }) => [alias, { ...change, made: undefined }])
      return yield* print(JSON.stringify(Object.fromEntries(all), null, 2).split("\n"))
    }
    for (const { alias, change } of plans) {
      yield* print(text(change).map((line, i) => (i === 0 ? `${alias}: ${line}` : `  ${line}`)))
    }
  })
).pipe(
  Command.withDescription(
    `Say what the definition would change in the indices that OpenSearch has: nothing, fields that are added in place,
  or a new index, and why, field by field. Nothing is changed.

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Say what the definition would change in OpenSearch"),
  Command.withExamples([
    { command: "tablefold plan --table ./table.ts", description: "What a deployment of this definition would mean" }
  ])
)

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
