/**
 * Starts the real servers before the tests and stops them afterwards, where a selected test file reaches
 * `test/servers/servers.ts`. `DYNAMODB_ENDPOINT` and `OPENSEARCH_NODE` point the tests at servers that already run.
 * Where Java or Maven is missing, one line says so and those tests are skipped; under CI that is a failure.
 */
import { Effect, Exit, Scope } from "effect"
import { readFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import type { TestProject } from "vitest/node"
import type { ServerError, ServersMissing } from "../../src/local/ServerError.ts"
import * as Servers from "../../src/local/Servers.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly dynamodbEndpoint: string | undefined
    readonly openSearchNode: string | undefined
  }
}

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const scope = Scope.makeUnsafe()
  const needed = project.config.watch || (await anyReaches(project.vitest.state.getPaths()))
  const started = needed ? await Effect.runPromise(Effect.catch(start(scope), skipped)) : nothing
  project.provide("dynamodbEndpoint", started.dynamodbEndpoint)
  project.provide("openSearchNode", started.openSearchNode)
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}

const nothing = { dynamodbEndpoint: undefined, openSearchNode: undefined }

const start = Effect.fnUntraced(function* (scope: Scope.Scope) {
  const given = { dynamodb: process.env["DYNAMODB_ENDPOINT"], openSearch: process.env["OPENSEARCH_NODE"] }
  if (!given.dynamodb && !given.openSearch) {
    const { toFetch } = yield* Servers.locate
    if (toFetch.length > 0)
      console.info(`Fetching ${toFetch.join(" and ")} by Maven; later runs find them in the cache.`)
  }
  const [dynamodbEndpoint, openSearchNode] = yield* Effect.all(
    [
      given.dynamodb ? Effect.succeed(given.dynamodb) : Effect.map(Servers.dynamodb(), (server) => server.endpoint),
      given.openSearch ? Effect.succeed(given.openSearch) : Effect.map(Servers.openSearch(), (server) => server.node)
    ],
    { concurrency: 2 }
  ).pipe(Scope.provide(scope))
  return { dynamodbEndpoint, openSearchNode }
})

/** Only what this machine lacks lets tests be skipped. A server that is there and does not start is a failure. */
const skipped = (error: ServerError | ServersMissing) => {
  const lacking = error._tag === "ServersMissing" || error.reason === "NotFetched"
  if (!lacking || process.env["CI"] === "true") return Effect.fail(error)
  return Effect.sync(() => {
    console.warn(`Tests on real servers are skipped: ${error.message}`)
    return nothing
  })
}

const target = resolve(import.meta.dirname, "servers.ts")

/** Whether one of the files, or what it imports from within `test`, is the file that hands out the servers. */
const anyReaches = async (files: ReadonlyArray<string>): Promise<boolean> => {
  const seen = new Set<string>(files)
  for (const file of seen) {
    if (file === target) return true
    const source = await readFile(file, "utf8").catch(() => "")
    for (const [, imported] of source.matchAll(/(?:from|import) "(\.[^"]+\.ts)"/g)) {
      const path = join(dirname(file), imported ?? "")
      if (!path.includes("/src/")) seen.add(path)
    }
  }
  return false
}
