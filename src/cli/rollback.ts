/** `tablefold rollback`: leads readers back to the generation before. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import * as promote from "../generation/promote.ts"
import { alias, aggregateOf } from "./alias.ts"
import { confirm, yes } from "./confirm.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { say } from "./terminal.ts"

export const rollback = Command.make(
  "rollback",
  { alias, table: LoadTable.flag, yes },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const aggregate = yield* aggregateOf(table, options.alias)
    const prefix = yield* aliasPrefix
    yield* Effect.gen(function* () {
      const { alias, from, otherSource, to } = yield* promote.before(aggregate, prefix)
      yield* confirm(
        `Lead readers of "${alias}" from ${from.index} back to ${to.index}` +
          `${otherSource === undefined ? "" : `, which is made from ${otherSource}`}? ` +
          "It is right only while a deployment still writes it.",
        options.yes
      )
      const due = to.state.verificationDue
      yield* promote.rollback(aggregate, prefix)
      say(`readers of "${alias}" see ${to.index} now, no longer ${from.index}`)
      if (due !== undefined) say(`a verification of ${to.index} is due (tablefold verify): ${due.reason}`)
    }).pipe(Effect.provide(layerGeneration))
  })
).pipe(
  Command.withDescription(
    `Lead readers back to the index before the live one, in one step. Do it while the old index is still written: by a
  deployment with the old definition, or by one whose Table.make has it under previous. An index that is marked as
  incomplete is not taken.

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Lead readers back to the index before"),
  Command.withExamples([{ command: "tablefold rollback orders", description: "Readers of orders see the old index" }])
)
