/** `tablefold rollback`: leads readers back to the generation before. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import * as promote from "../generation/promote.ts"
import { alias, aggregateOf } from "./alias.ts"
import { confirm, yes } from "./confirm.ts"
import { Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { exitCodes, json, report } from "./report.ts"
import { whenStopped } from "./terminal.ts"

export const rollback = Command.make(
  "rollback",
  { alias, table: LoadTable.flag, yes, json },
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
        options
      )
      const due = to.state.verificationDue
      yield* promote.rollback(aggregate, prefix)
      yield* report(
        options.json,
        { alias, from: from.index, to: to.index, verificationDue: due?.reason ?? null },
        `readers of "${alias}" see ${to.index} now, no longer ${from.index}`
      )
      if (due === undefined) return
      return yield* new Findings({
        message: `a verification of ${to.index} is due (tablefold verify): ${due.reason}`
      })
    }).pipe(
      Effect.provide(layerGeneration),
      whenStopped(() => "run `tablefold status` to see which index readers were led to")
    )
  })
).pipe(
  Command.withDescription(
    `Lead readers back to the index before the live one, in one step. Do it while the old index is still written: by a
  deployment with the old definition, or by one whose Table.make has it under previous. An index that is marked as
  incomplete is not taken.

  ${exitCodes("a verification of the index that readers see now is due")}

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Lead readers back to the index before"),
  Command.withExamples([{ command: "tablefold rollback orders", description: "Readers of orders see the old index" }])
)
