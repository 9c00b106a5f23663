/**
 * ElasticMQ: a queue server that speaks SQS, strict about its limits and about characters. Fetched once by Maven; only
 * tests that import this file start it, so the others don't wait.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, FileSystem, Path, Scope } from "effect"
import { ask } from "../../src/example/servers/ask.ts"
import * as Java from "../../src/example/servers/Java.ts"
import * as JavaProcess from "../../src/example/servers/JavaProcess.ts"
import * as Maven from "../../src/example/servers/Maven.ts"
import * as Ports from "../../src/example/servers/Ports.ts"

const title = "ElasticMQ"

export const jars: Maven.Jars = {
  title,
  name: "elasticmq",
  version: "1.7.1",
  dependencies: [{ group: "org.elasticmq", artifact: "elasticmq-server_2.13", version: "1.7.1" }]
}

const javaAtLeast = 17

const configuration = (port: number) => `include classpath("application.conf")
node-address { protocol = http, host = localhost, port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
`

const run = Effect.fnUntraced(function* (java: Java.Java, library: string) {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const port = (yield* Ports.any) ?? 0
  const folder = yield* JavaProcess.temporaryFolder(title, "tablefold-elasticmq-")
  const file = path.join(folder, "elasticmq.conf")
  yield* Effect.orDie(files.writeFileString(file, configuration(port)))
  const child = yield* JavaProcess.start({
    title,
    java,
    folder,
    killSignal: "SIGKILL",
    args: ["-Xmx256m", `-Dconfig.file=${file}`, "-cp", path.join(library, "*"), "org.elasticmq.server.Main"]
  })
  const endpoint = `http://127.0.0.1:${port}`
  yield* JavaProcess.whenReady(title, child, ask(`${endpoint}/?Action=ListQueues`))
  return endpoint
})

export interface ElasticMq {
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

/** Starts a server; `undefined` where this machine has no Java or Maven, or can't fetch. */
export const startElasticMq = async (): Promise<ElasticMq | undefined> => {
  const scope = Scope.makeUnsafe()
  const endpoint = await Effect.gen(function* () {
    const java = Java.atLeast(yield* Java.find, javaAtLeast)
    if (java === undefined || (!(yield* Maven.isFetched(jars)) && !(yield* Maven.installed))) return undefined
    const library = yield* Maven.fetch(jars, java)
    const once = Effect.map(JavaProcess.attempt(run(java, library)), ({ value }) => value)
    return yield* JavaProcess.withAnotherPort(once)
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "ServerError" && error.reason === "NotFetched" && process.env["CI"] !== "true",
      () => Effect.succeed(undefined)
    ),
    Effect.provide(NodeServices.layer),
    Scope.provide(scope),
    Effect.runPromise
  )
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))
  if (endpoint !== undefined) return { endpoint, stop }
  await stop()
  return undefined
}
