/** `tablefold sweep`: deletes documents of which nothing is left but rows removed long ago. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { sweep as swept } from "../generation/sweep.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { count, print } from "./terminal.ts"

export const sweep = Command.make(
  "sweep",
  { table: LoadTable.flag },
  Effect.fnUntraced(function* (options) {
    const { aggregates } = yield* LoadTable.loadTable(options.table)
    const prefix = yield* aliasPrefix
    yield* Effect.gen(function* () {
      for (const { name } of aggregates) {
        const generations = yield* swept(name, { aliasPrefix: prefix })
        if (generations.length === 0) yield* print(`${prefix}${name}: no index yet`)
        for (const { documents, index, overtaken } of generations) {
          const others = overtaken === 0 ? "" : `; ${overtaken} came to life meanwhile and stay`
          yield* print(`${index}: ${count(documents, "document")} deleted${others}`)
        }
      }
    }).pipe(Effect.provide(layerGeneration))
  })
).pipe(
  Command.withDescription(
    `Delete the documents of which nothing is left but rows that were removed more than 31 days ago. Readers don't see
  them; they are kept so that a late event can't bring a removed row back, and nothing is that late. Safe while the
  stream is live: a document that is written meanwhile stays. Run it now and then where whole aggregates come and go;
  \`tablefold status\` says how many such documents there are.

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Delete what is left of aggregates removed long ago"),
  Command.withExamples([{ command: "tablefold sweep --table ./table.ts", description: "Once a month, say" }])
)
