/** `tablefold drop`: deletes a generation that readers don't see. */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import * as promote from "../generation/promote.ts"
import { otherSource, tableOf } from "../sink/opensearch/generationOf.ts"
import { alias, aggregateOf } from "./alias.ts"
import { confirm, yes } from "./confirm.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { exitCodes, json, report } from "./report.ts"
import { whenStopped } from "./terminal.ts"

const index = Argument.String("index").pipe(Argument.withDescription("The index to delete, such as orders-000001"))

export const drop = Command.make(
  "drop",
  { alias, index, table: LoadTable.flag, yes, json },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const aggregate = yield* aggregateOf(table, options.alias)
    const prefix = yield* aliasPrefix
    const { index } = options
    yield* Effect.gen(function* () {
      const { generation, live } = yield* promote.droppable(aggregate, prefix, index)
      yield* confirm(`Delete ${index} with all its documents? There is no way back to it.`, options)
      yield* promote.drop(aggregate, prefix, index)
      const source = otherSource(generation, tableOf(live))
      const who =
        source === undefined ? "a deployment with its definition alone" : `a function on the stream of ${source}`
      const alias = prefix + aggregate.name
      yield* report(
        options.json,
        { alias, index, outdated: source ?? null },
        `deleted ${index}; ${who} acknowledges no change of "${alias}" any more`
      )
    }).pipe(
      Effect.provide(layerGeneration),
      whenStopped(() => `run it again to see whether ${index} is there still`)
    )
  })
).pipe(
  Command.withDescription(
    `Delete an index of an alias that readers don't see: the old one after a rebuild, or a new one that is not wanted.
  A deployment that has none but its definition acknowledges no change of the aggregate from then on, and says so in
  its log; it does not bring the index back.

  ${exitCodes()}

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Delete an index that readers don't see"),
  Command.withExamples([
    { command: "tablefold drop orders orders-000001", description: "After a rebuild, when there is no way back wanted" }
  ])
)
