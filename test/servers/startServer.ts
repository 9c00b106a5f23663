/** A Java server for the tests of one file: fetched once by Maven, started when it is asked for, stopped by them. */
import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, Scope } from "effect"
import * as Java from "../../src/local/Java.ts"
import * as JavaProcess from "../../src/local/JavaProcess.ts"
import * as Maven from "../../src/local/Maven.ts"
import type { ServerError } from "../../src/local/ServerError.ts"

export interface Started {
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

/** `undefined` where this machine has no Java or Maven, or can't fetch; under CI the last is an error. */
export const startServer = async (
  jars: Maven.Jars,
  javaAtLeast: number,
  run: (java: Java.Java, library: string) => Effect.Effect<string, ServerError, JavaProcess.Needs | Scope.Scope>
): Promise<Started | undefined> => {
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
