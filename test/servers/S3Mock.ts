/**
 * S3Mock: a server that speaks S3. Fetched once by Maven; only tests that import this file start it, in some three
 * seconds, so the others don't wait. It takes any credentials, and knows one region.
 */
import { Effect, Path } from "effect"
import { ask } from "../../src/local/ask.ts"
import type { Java } from "../../src/local/Java.ts"
import * as JavaProcess from "../../src/local/JavaProcess.ts"
import type * as Maven from "../../src/local/Maven.ts"
import * as Ports from "../../src/local/Ports.ts"
import { type Started, startServer } from "./startServer.ts"

const title = "S3Mock"

const version = "5.2.0"

export const jars: Maven.Jars = {
  title,
  name: "s3mock",
  version,
  dependencies: [{ group: "com.adobe.testing", artifact: "s3mock", version, classifier: "exec" }]
}

const run = Effect.fnUntraced(function* (java: Java, library: string) {
  const path = yield* Path.Path
  const [port, vectors, secure] = [yield* Ports.any, yield* Ports.any, yield* Ports.any]
  const folder = yield* JavaProcess.temporaryFolder(title, "tablefold-s3mock-")
  const child = yield* JavaProcess.start({
    title,
    java,
    folder,
    killSignal: "SIGKILL",
    args: [
      "-Xmx256m",
      `-Dhttp.port=${port}`,
      `-Dvectors.http.port=${vectors}`,
      // Of TLS, which no test uses; two servers would share its default.
      `-Dserver.port=${secure}`,
      "-jar",
      path.join(library, `s3mock-${version}-exec.jar`)
    ]
  })
  const endpoint = `http://127.0.0.1:${port}`
  yield* JavaProcess.whenReady(title, child, ask(endpoint))
  return endpoint
})

export const startS3Mock = (): Promise<Started | undefined> => startServer(jars, 17, run)
