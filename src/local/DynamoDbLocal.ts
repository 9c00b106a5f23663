/**
 * DynamoDB Local, streams included: in memory, or in a folder that keeps its tables. It takes any region and any
 * credentials and shows all of them the same tables. It listens on all addresses of the machine, which it lets nobody
 * change.
 */
import { Effect, Path } from "effect"
import { ask } from "./ask.ts"
import type { Java } from "./Java.ts"
import * as JavaProcess from "./JavaProcess.ts"
import type { Jars } from "./Maven.ts"
import * as Ports from "./Ports.ts"
import { ServerError } from "./ServerError.ts"

const title = "DynamoDB Local"

export const jars: Jars = {
  title,
  name: "dynamodb-local",
  version: "2.6.1",
  // SQLite for each system and processor is inside this jar.
  dependencies: [{ group: "com.amazonaws", artifact: "DynamoDBLocal", version: "2.6.1" }]
}

export const javaAtLeast = 17

const mainClass = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"

export interface Options {
  readonly java: Java
  /** The folder with its jars. */
  readonly library: string
  /** A folder that keeps the tables and their streams. Defaults to memory. */
  readonly dataFolder?: string | undefined
  /** Defaults to any free port. */
  readonly port?: number | undefined
  /** Defaults to `start`. */
  readonly speed?: JavaProcess.Speed | undefined
}

export interface DynamoDbLocal {
  readonly endpoint: string
  readonly pid: number
}

export const start = (options: Options) => {
  const once = Effect.map(JavaProcess.attempt(run(options)), ({ value }) => value)
  return options.port === undefined ? JavaProcess.withAnotherPort(once) : once
}

const run = Effect.fnUntraced(function* (options: Options) {
  const path = yield* Path.Path
  const port = yield* freePort(options.port)
  const folder = yield* JavaProcess.temporaryFolder(title, "tablefold-dynamodb-")
  // It answers this origin alone, so the answer shows that it is ours; and no web page may read the tables.
  const origin = `http://${path.basename(folder).toLowerCase()}.invalid`
  const kept = options.dataFolder === undefined ? ["-inMemory"] : ["-dbPath", path.resolve(options.dataFolder)]
  const child = yield* JavaProcess.start({
    title,
    java: options.java,
    folder,
    killSignal: options.dataFolder === undefined ? "SIGKILL" : "SIGTERM",
    speed: options.speed,
    args: [
      options.speed === "steady" ? "-Xmx1g" : "-Xmx256m",

      "-cp",
      path.join(options.library, "*"),
      mainClass
    ].concat(kept, ["-sharedDb", "-disableTelemetry", "-port", `${port}`, "-cors", origin])
  })
  const endpoint = `http://127.0.0.1:${port}`
  const ours = ask(endpoint, { origin }).pipe(
    Effect.filterOrFail(({ headers }) => headers.get("access-control-allow-origin") === origin)
  )
  yield* JavaProcess.whenReady(title, child, ours)
  return { endpoint, pid: child.pid } satisfies DynamoDbLocal
})

const freePort = Effect.fnUntraced(function* (wanted: number | undefined) {
  const port = wanted === undefined ? yield* Ports.any : (yield* Ports.isFree(wanted)) ? wanted : undefined
  if (port !== undefined) return port
  return yield* new ServerError({
    reason: "PortTaken",
    message: `${title} cannot listen on port ${wanted ?? "0"}: it is taken; end what listens there or take another port`
  })
})
