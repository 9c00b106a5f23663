/**
 * `npm start`: the main job to look at. Makes the example's table, writes a day of orders into it, follows its stream,
 * and shows rows turning into documents on a page until it is stopped; with `--once` it shows them line by line, a
 * search that finds them, and compares everything.
 */
import { Clock, Console, Effect, Fiber, Option, References, Schedule } from "effect"
import { Command, Flag } from "effect/cli"
import { fileURLToPath } from "node:url"
import { Failure } from "../cli/Failure.ts"
import { runMain } from "../cli/runMain.ts"
import * as Documents from "../sink/Documents.ts"
import * as Checkpoints from "../source/stream/Checkpoints.ts"
import * as check from "./demo/check.ts"
import { choose, type Place } from "./demo/choose.ts"
import { day, type Step } from "./demo/day.ts"
import { dev } from "../dev/dev.ts"
import * as Follower from "./demo/Follower.ts"
import * as show from "./demo/show.ts"
import { writeDay } from "./demo/writeDay.ts"
import { Order, table } from "./table.ts"

const demo = Effect.fnUntraced(function* (options: { readonly embedded: boolean; readonly once: boolean }) {
  if (!options.once) return yield* onPage(options.embedded)
  const begun = yield* Clock.currentTimeMillis
  const place = yield* choose(options.embedded)
  yield* run(place, begun).pipe(
    Effect.provideService(References.MinimumLogLevel, "Warn"),
    Effect.provide([place.index.sink, place.rows.streamApi, Checkpoints.layerMemory])
  )
}, Effect.scoped)

/** The same day on the page of `tablefold dev`, which goes on until it is stopped. */
const onPage = Effect.fnUntraced(function* (isMemory: boolean) {
  yield* dev({
    file: fileURLToPath(new URL("table.ts", import.meta.url)),
    folder: ".tablefold",
    http: undefined,
    endpoint: undefined,
    seed: undefined,
    isMemory,
    isFresh: false,
    isRemote: false,
    onNew: writeDay
  })
})

const run = Effect.fnUntraced(function* (place: Place, begun: number) {
  const { guests, index, rows } = place
  // Makes the indices, so that the first row does not wait for them.
  for (const aggregate of table.aggregates) yield* Documents.json(aggregate, "-")
  const ready = show.seconds((yield* Clock.currentTimeMillis) - begun)
  const aliases = table.aggregates.map(({ name }) => index.aliasOf(name)).join(" and ")
  yield* Console.log(
    show.wrap(`Table ${rows.tableName} in ${rows.title} → ${aliases} in ${index.title}; ready after ${ready}.`)
  )
  if (guests.length > 0) yield* Console.log(show.wrap(`At the end ${guests.join(" and ")} are removed.`))
  const legend = "+ a row written, ~ changed, - removed, with the time until its document;  = the document"
  yield* Console.log(`\n${show.wrap(legend)}`)
  const follower = Follower.make(place)
  const following = yield* Effect.forkScoped(follower.follow)
  const shown = Effect.gen(function* () {
    for (const step of day(20260314)) yield* showStep(place, follower, step)
    yield* compare(place)
  })
  yield* Effect.raceFirst(shown, Fiber.join(following))
}, Effect.scoped)

const showStep = Effect.fnUntraced(function* (place: Place, follower: Follower.Follower, step: Step) {
  yield* Console.log(`\n${show.title(step.title)}`)
  const begun = yield* Clock.currentTimeMillis
  for (const group of step.groups) {
    for (const write of group) yield* follower.write(write)
    yield* follower.settled
  }
  if (step.search !== undefined) yield* search(place, step.search, begun)
  if (step.look !== undefined) {
    const found = yield* Documents.get(Order, { orderId: step.look })
    if (Option.isSome(found)) yield* Console.log(`    ${show.json(found.value)}`)
  }
})

const searchMax = "30 seconds"

const search = Effect.fnUntraced(function* ({ index }: Place, words: string, begun: number) {
  const [request = "", ...body] = index.searchText(words).split("\n")
  yield* Console.log([show.wrap(`? ${request}`, "  "), ...body].join("\n"))
  const ids = yield* index.search(words).pipe(
    Effect.repeat({ until: (ids) => ids.length > 0, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutOrElse({
      duration: searchMax,
      orElse: () => Effect.fail(new Failure({ message: `no search found "${words}" within ${searchMax}` }))
    })
  )
  const waited = Math.round((yield* Clock.currentTimeMillis) - begun)
  const names = ids.map((id) => `${index.aliasOf("orders")}/${id}`).join(", ")
  const found = show.wrap(`= ${names}  found ${waited} ms after the first of its rows was written`, "  ", "    ")
  yield* Console.log(found.replace(`= ${names}`, show.document))
})

/** Every document against the rows of the table, put together without any of tablefold's code. */
const compare = Effect.fnUntraced(function* ({ rows }: Place) {
  const all = yield* rows.scan
  const expected = [...check.expectedOf(all), ...check.cancelled]
  const wrong: Array<string> = []
  for (const each of expected) {
    const aggregate = table.aggregates.find(({ name }) => name === each.alias)!
    const json = Option.getOrUndefined(yield* Documents.json(aggregate, each.id))
    if (!check.isAsExpected(json, each)) wrong.push(`${each.alias}/${each.id}`)
  }
  if (wrong.length > 0) {
    return yield* new Failure({ message: `not what the rows of the table say: ${wrong.join(", ")}` })
  }
  const there = expected.filter(({ document }) => document !== undefined).length
  yield* Console.log()
  yield* Console.log(
    show.wrap(
      `Compared: all ${there} documents are what the ${all.length} rows of the table say, ` +
        "and the cancelled order has none."
    )
  )
})

const command = Command.make(
  "npm start --",
  {
    once: Flag.Boolean("once").pipe(
      Flag.withDescription(
        "Print the day and end, exit code 0 if every document was right (default: show it on a page, and go on)"
      ),
      Flag.withDefault(false)
    ),
    embedded: Flag.Boolean("embedded").pipe(
      Flag.withDescription("Run in memory even where real servers could run (default: real ones, if possible)"),
      Flag.withDefault(false)
    )
  },
  demo
).pipe(
  Command.withDescription(
    `A day of orders in a DynamoDB table, turning into OpenSearch documents. Both are real where Java 17 or newer and
  Maven are found; DYNAMODB_ENDPOINT and OPENSEARCH_NODE (with OPENSEARCH_AUTH, OPENSEARCH_USERNAME,
  OPENSEARCH_PASSWORD and AWS_REGION) name servers to use instead.`
  ),
  Command.withExamples([{ command: "npm start -- --once", description: "Show the day, compare, and end" }])
)

// Ctrl-C is how it is meant to end.
runMain(command, { name: "npm start", interruptedCode: 0 })
