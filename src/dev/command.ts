/** `tablefold dev`: what one has open while writing a definition. */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { exitCodes } from "../cli/report.ts"
import * as LoadTable from "../cli/loadTable.ts"

const endpoint = Flag.String("endpoint").pipe(
  Flag.withMetavar("url"),
  Flag.withDescription(
    "The address of a DynamoDB to make the table in (default: DYNAMODB_ENDPOINT or AWS_ENDPOINT_URL_DYNAMODB, " +
      "else a DynamoDB Local of its own)"
  ),
  Flag.optional
)

const http = Flag.String("http").pipe(
  Flag.withMetavar("address"),
  Flag.withDescription(
    "The address of the page; one that others reach needs TABLEFOLD_HTTP_TOKEN " +
      "(default: 127.0.0.1:4680, or any port where that is taken)"
  ),
  Flag.optional
)

const memory = Flag.Boolean("memory").pipe(
  Flag.withDescription("Keep table and documents in memory even where real servers could run (default: real ones)"),
  Flag.withDefault(false)
)

const fresh = Flag.Boolean("fresh").pipe(
  Flag.withDescription("Begin with an empty table (default: with the rows of the last run, which .tablefold keeps)"),
  Flag.withDefault(false)
)

const seed = Flag.String("seed").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription("Put the rows of a file of JSON into the table, typed as DynamoDB's or plain (default: none)"),
  Flag.optional
)

const remote = Flag.Boolean("remote").pipe(
  Flag.withDescription(
    "Take servers that are not on this machine; the page then edits and breaks nothing (default: this machine's alone)"
  ),
  Flag.withDefault(false)
)

export const dev = Command.make(
  "dev",
  { table: LoadTable.flag, endpoint, http, memory, fresh, seed, remote },
  Effect.fnUntraced(function* (options) {
    const { dev } = yield* Effect.promise(() => import("./dev.ts"))
    yield* dev({
      file: options.table,
      folder: ".tablefold",
      http: Option.getOrUndefined(options.http),
      endpoint: Option.getOrUndefined(options.endpoint),
      seed: Option.getOrUndefined(options.seed),
      isMemory: options.memory,
      isFresh: options.fresh,
      isRemote: options.remote
    })
  })
).pipe(
  Command.withDescription(
    `Show rows becoming documents on a page, for writing a definition: a table is made as the definition says and
  followed into an index, on a real DynamoDB Local and OpenSearch where Java 17 or newer and Maven are found, else in
  memory. The page edits rows, searches, breaks what is under way and compares everything with the table. A definition
  is taken up as it is saved, and its documents are made anew. Rows stay in ./.tablefold. On servers that are given,
  only the table tablefold-dev and indices that begin with it are touched, and only if they were made here.

  ${exitCodes()}

  OPENSEARCH_NODE names an OpenSearch to use instead of its own, with OPENSEARCH_AUTH, OPENSEARCH_USERNAME and
  OPENSEARCH_PASSWORD, OPENSEARCH_SECRET and AWS_REGION as for tablefold tail.`
  ),
  Command.withShortDescription("Show rows becoming documents while a definition is written"),
  Command.withExamples([
    { command: "tablefold dev --table ./table.ts", description: "Make a table, open a page, take up what is saved" },
    { command: "tablefold dev --fresh --seed rows.json", description: "Begin anew with some rows" }
  ])
)
