/** `tablefold sweep`: deletes documents of which nothing is left but rows removed long ago. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { sweep as swept, type Swept } from "../generation/sweep.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { exitCodes, json, report } from "./report.ts"
import { count, whenStopped } from "./terminal.ts"

interface Alias {
  readonly alias: string
  readonly generations: ReadonlyArray<Swept>
}

const text = ({ alias, generations }: Alias): ReadonlyArray<string> =>
  generations.length === 0
    ? [`${alias}: no index yet`]
    : generations.map(({ documents, index, overtaken }) => {
        const others = overtaken === 0 ? "" : `; ${overtaken} came to life meanwhile and stay`
        return `${index}: ${count(documents, "document")} deleted${others}`
      })

export const sweep = Command.make(
  "sweep",
  { table: LoadTable.flag, json },
  Effect.fnUntraced(function* (options) {
    const { aggregates } = yield* LoadTable.loadTable(options.table)
    const prefix = yield* aliasPrefix
    const all = yield* Effect.forEach(aggregates, ({ name }) =>
      Effect.map(swept(name, { aliasPrefix: prefix }), (generations) => ({ alias: prefix + name, generations }))
    ).pipe(
      Effect.provide(layerGeneration),
      whenStopped(() => "what was deleted until now is gone; run it again for the rest")
    )
    yield* report(options.json, all, all.flatMap(text))
  })
).pipe(
  Command.withDescription(
    `Delete the documents of which nothing is left but rows that were removed more than 31 days ago. Readers don't see
  them; they are kept so that a late event can't bring a removed row back, and nothing is that late. Safe while the
  stream is live: a document that is written meanwhile stays. Run it now and then where whole aggregates come and go;
  \`tablefold status\` says how many such documents there are.

  ${exitCodes()}

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Delete what is left of aggregates removed long ago"),
  Command.withExamples([{ command: "tablefold sweep --table ./table.ts", description: "Once a month, say" }])
)
