/**
 * Nodes of OpenSearch as processes of their own, each on its folder and with settings of the caller's: one can be
 * killed and started again by itself. The runner's own program cannot do that, so a small one is compiled; where there
 * is no `javac` there is no cluster.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, FileSystem, Path, Scope } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { ask } from "../../../src/local/ask.ts"
import { findOnPath } from "../../../src/local/findOnPath.ts"
import type { Java } from "../../../src/local/Java.ts"
import * as JavaProcess from "../../../src/local/JavaProcess.ts"
import * as Maven from "../../../src/local/Maven.ts"
import * as Ports from "../../../src/local/Ports.ts"
import { because } from "../../../src/local/ServerError.ts"
import * as Servers from "../../../src/local/Servers.ts"

const title = "OpenSearch (a node)"

/** Starts a node with each system property `os.set.…` as a setting. */
const program = `import org.codelibs.opensearch.runner.OpenSearchRunner;
public class Run {
  public static void main(String[] args) throws Exception {
    var err = System.err;
    try {
      var runner = new OpenSearchRunner();
      runner.onBuild((i, builder) -> System.getProperties().forEach((name, value) -> {
        if (name.toString().startsWith("os.set.")) builder.put(name.toString().substring(7), value.toString());
      }));
      runner.build(args);
      while (!runner.isClosed()) Thread.sleep(1000);
    } catch (Throwable error) {
      error.printStackTrace(err);
      System.exit(1);
    }
  }
}
`

export interface Node {
  readonly name: string
  readonly url: string
  /** Ends its process at once, by SIGKILL. */
  readonly kill: () => Promise<void>
  /** Starts it on its folder and its ports; gives when its process answers, in whatever state. */
  readonly start: () => Promise<void>
}

/** Where the compiler is, if this machine has one. */
export const compiler = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { java } = (yield* Servers.locate).openSearch
  const own = path.join(java.home, "bin", "javac")
  if (yield* Effect.orElseSucceed(fs.exists(own), () => false)) return own
  const found = yield* findOnPath("javac")
  return found._tag === "Some" ? found.value : undefined
}).pipe(Effect.provide(NodeServices.layer))

type Settings = { readonly [name: string]: string }

/** Starts so many, with these settings besides; they go with the scope. */
export const start = Effect.fnUntraced(
  function* (javac: string, count: number, settings: Settings = {}) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { java, jars } = (yield* Servers.locate).openSearch
    const library = yield* Maven.fetch(jars, java)
    const parent = yield* JavaProcess.temporaryFolder(title, "tablefold-cluster-")
    yield* fs.writeFileString(path.join(parent, "Run.java"), program)
    const args = ["--release", "17", "-cp", path.join(library, "*"), "-d", parent, path.join(parent, "Run.java")]
    yield* Effect.tryPromise({
      try: () => promisify(execFile)(javac, args),
      catch: (error) => because("NotStarted", "javac did not compile")(error as Error)
    })
    const separator = process.platform === "win32" ? ";" : ":"
    const classPath = [parent, path.join(library, "*")].join(separator)
    const ports = (yield* Effect.replicateEffect(Ports.any, 2 * count)) as Array<number>
    const https = ports.slice(0, count)
    const cluster: Shared = { java, classPath, name: path.basename(parent), transports: ports.slice(count), settings }
    const nodes = yield* Effect.forEach(https, (http, i) => node(cluster, path.join(parent, `n${i + 1}`), i, http))
    yield* Effect.promise(() => Promise.all(nodes.map(({ start }) => start())))
    return nodes
  },
  (effect) =>
    effect.pipe(
      Effect.catchTag("PlatformError", (error) => Effect.fail(because("NotStarted", "no cluster was set up")(error))),
      Effect.provide(NodeServices.layer)
    )
)

interface Shared {
  readonly java: Java
  readonly classPath: string
  readonly name: string
  readonly transports: ReadonlyArray<number>
  readonly settings: Settings
}

const node = Effect.fnUntraced(function* (cluster: Shared, folder: string, index: number, http: number) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(folder)
  const outer = yield* Effect.scope
  const context = yield* Effect.context<JavaProcess.Needs>()
  const name = `n${index + 1}`
  const url = `http://127.0.0.1:${http}`
  const settings = {
    "node.name": name,
    "http.port": http,
    "transport.port": cluster.transports[index],
    "discovery.type": "zen",
    "discovery.seed_hosts": cluster.transports.map((port) => `127.0.0.1:${port}`).join(","),
    "cluster.initial_cluster_manager_nodes": cluster.transports.map((_, i) => `n${i + 1}`).join(","),
    // A small machine's disk may be fuller than the defaults like.
    "cluster.routing.allocation.disk.threshold_enabled": false,
    ...cluster.settings
  }
  const life = JavaProcess.start({
    title: `${title}: ${name}`,
    java: cluster.java,
    folder,
    killSignal: "SIGKILL",
    args: [
      "-Xms384m",
      "-Xmx384m",
      ...Object.entries(settings).map(([key, value]) => `-Dos.set.${key}=${value}`)
    ].concat(["-cp", cluster.classPath, "Run", "-basePath", folder, "-numOfNode", "1", "-clusterName", cluster.name])
  })
  let running: { readonly child: JavaProcess.JavaProcess; readonly scope: Scope.Closeable } | undefined
  const begin = Effect.gen(function* () {
    const scope = yield* Scope.fork(outer)
    const child = yield* Scope.provide(life, scope)
    running = { child, scope }
    yield* JavaProcess.whenReady(title, child, ask(url))
  })
  const end = Effect.suspend(() => {
    if (running === undefined) return Effect.void
    const { child, scope } = running
    running = undefined
    return Effect.andThen(child.kill, Scope.close(scope, Exit.void))
  })
  return {
    name,
    url,
    kill: () => Effect.runPromise(end),
    start: () => Effect.runPromise(Effect.provideContext(begin, context))
  } satisfies Node
})
