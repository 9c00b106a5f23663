/**
 * Fetches what the long tests run, before the first of them. Where Java or Maven is missing one line says so and the
 * tests are skipped; under CI that is a failure.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import type { TestProject } from "vitest/node"
import * as Maven from "../../../src/local/Maven.ts"
import * as Servers from "../../../src/local/Servers.ts"
import { jars as security } from "./Secured.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly hasOwnServers: boolean
  }
}

export const setup = async (project: TestProject): Promise<void> => {
  const ready = Effect.gen(function* () {
    const { openSearch } = yield* Servers.locate
    yield* Maven.fetch(openSearch.jars, openSearch.java)
    yield* Maven.fetch(security(openSearch.version), openSearch.java)
    return true
  }).pipe(
    Effect.catch((error) => {
      const isLacking =
        error._tag === "ServersMissing" || (error._tag === "ServerError" && error.reason === "NotFetched")
      if (!isLacking || process.env["CI"] === "true") return Effect.fail(error)
      return Effect.sync(() => {
        console.warn(`Long tests are skipped: ${error.message}`)
        return false
      })
    }),
    Effect.provide(NodeServices.layer)
  )
  project.provide("hasOwnServers", await Effect.runPromise(ready))
}
