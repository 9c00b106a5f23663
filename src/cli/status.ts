/** `tablefold status`: what OpenSearch has of the definition's aggregates. */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { type GenerationStatus, status as ask, type Status } from "../generation/status.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { whole } from "./scanFlags.ts"

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print it as JSON (default: as text)"),
  Flag.withDefault(false)
)

export const status = Command.make(
  "status",
  { table: LoadTable.flag, json },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const all = yield* Effect.provide(ask(table.aggregates, yield* aliasPrefix), layerGeneration)
    yield* Console.log(options.json ? JSON.stringify(all) : all.map(text).join("\n"))
  })
).pipe(
  Command.withDescription(
    `Show the generations of each aggregate: which one readers see, which definitions may write it, whether it was
  filled, where its rows come from, and how many documents it holds.

${openSearchEnvironment("always")}`
  ),
  Command.withShortDescription("Show what OpenSearch has"),
  Command.withExamples([{ command: "tablefold status --json | jq '.[].generations'", description: "For scripts" }])
)

const text = ({ alias, definition, generations }: Status): string =>
  [
    `${alias} (definition ${definition})`,
    ...(generations.length === 0
      ? ["  no index yet; the first write makes it"]
      : generations.flatMap(lines(definition)))
  ].join("\n")

const lines =
  (definition: string) =>
  (own: GenerationStatus): ReadonlyArray<string> => {
    const fits = own.current === definition ? "" : own.accepts.includes(definition) ? ", a newer one" : ", another one"
    const about = own.isEstimate ? "about " : ""
    return [
      `  ${own.index}: ${own.isLive ? "live" : "not live"}, ${own.filled ? "" : "never "}filled, made ${own.createdAt}`,
      `    ${whole(own.live)} documents, ${about}${whole(own.waiting)} waiting for their root, ` +
        `${about}${whole(own.removed)} with nothing but removed rows`,
      `    written by definition ${own.current}${fits}`,
      `    from ${own.source ?? "nothing yet"}`,
      ...(own.verifiedAt === undefined ? [] : [`    verified ${own.verifiedAt}`]),
      ...(own.incomplete === undefined ? [] : [`    incomplete since ${own.incomplete}`])
    ]
  }
