/**
 * ElasticMQ: a queue server that speaks SQS, strict about its limits and about characters. Fetched once by Maven; only
 * tests that import this file start it, so the others don't wait.
 */
import { Effect, FileSystem, Path } from "effect"
import { ask } from "../../src/local/ask.ts"
import type { Java } from "../../src/local/Java.ts"
import * as JavaProcess from "../../src/local/JavaProcess.ts"
import type * as Maven from "../../src/local/Maven.ts"
import * as Ports from "../../src/local/Ports.ts"
import { type Started, startServer } from "./startServer.ts"

const title = "ElasticMQ"

export const jars: Maven.Jars = {
  title,
  name: "elasticmq",
  version: "1.7.1",
  dependencies: [{ group: "org.elasticmq", artifact: "elasticmq-server_2.13", version: "1.7.1" }]
}

const configuration = (port: number) => `include classpath("application.conf")
node-address { protocol = http, host = localhost, port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
`

const run = Effect.fnUntraced(function* (java: Java, library: string) {
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

export const startElasticMq = (): Promise<Started | undefined> => startServer(jars, 17, run)
