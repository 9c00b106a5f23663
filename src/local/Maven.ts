/**
 * Jars of a server in the user's cache: fetched once by Maven, used ever after without it. A folder of the cache is
 * whole or absent: Maven fills a folder beside it, which is then renamed. Whoever comes second keeps the first's.
 */
import { Effect, FileSystem, Option, Path, Semaphore, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { homedir } from "node:os"
import { findOnPath, fromEnvironment } from "./findOnPath.ts"
import type { Java } from "./Java.ts"
import { because, ServerError, ServersMissing } from "./ServerError.ts"

export interface Dependency {
  readonly group: string
  readonly artifact: string
  readonly version: string
  /** A plugin of OpenSearch is a zip: what is in it comes to lie among the jars. */
  readonly type?: "zip"
  /** A server as one jar, with all it needs in it: nothing else is fetched for it. */
  readonly classifier?: "exec"
}

export interface Jars {
  /** The name that people call it by. */
  readonly title: string
  /** The name of its folder in the cache. */
  readonly name: string
  readonly version: string
  readonly dependencies: ReadonlyArray<Dependency>
}

const program = process.platform === "win32" ? "mvn.cmd" : "mvn"

export const installed = Effect.map(findOnPath(program), Option.isSome)

/** Gives the folder where the jars are, or will be: `$XDG_CACHE_HOME/tablefold/servers/<name>-<version>`. */
export const folderOf = Effect.fnUntraced(function* (jars: Jars) {
  const path = yield* Path.Path
  const configured = yield* fromEnvironment("XDG_CACHE_HOME")
  const cache = path.isAbsolute(configured) ? configured : path.join(homedir(), ".cache")
  return path.join(cache, "tablefold", "servers", `${jars.name}-${jars.version}`)
})

export const isFetched = Effect.fnUntraced(function* (jars: Jars) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.orElseSucceed(fs.exists(yield* folderOf(jars)), () => false)
})

/** One at a time in this process: two Mavens that fill an empty repository of the user's get in each other's way. */
const one = Semaphore.makeUnsafe(1)

/** Gives the folder with the jars; calls Maven only where the cache lacks it. */
export const fetch = Effect.fnUntraced(function* (jars: Jars, java: Java) {
  const folder = yield* folderOf(jars)
  if (yield* isFetched(jars)) return folder
  if (!(yield* installed)) {
    return yield* new ServersMissing({
      message: `${jars.title} ${jars.version} is not in ${folder} and Maven (mvn) is not on PATH: install Maven`
    })
  }
  yield* one.withPermit(Effect.scoped(fill(jars, java, folder)))
  return folder
})

const fill = Effect.fnUntraced(
  function* (jars: Jars, java: Java, folder: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const parent = path.dirname(folder)
    yield* fs.makeDirectory(parent, { recursive: true })
    const beside = yield* fs.makeTempDirectoryScoped({ directory: parent, prefix: `.${path.basename(folder)}-` })
    yield* fs.writeFileString(path.join(beside, "pom.xml"), pom(jars))
    const hasZip = jars.dependencies.some(({ type }) => type === "zip")
    yield* maven(jars, java, beside, ["dependency:copy-dependencies", ...(hasZip ? ["-DexcludeTypes=zip"] : [])])
    if (hasZip) yield* maven(jars, java, beside, ["dependency:unpack-dependencies", "-DincludeTypes=zip"])
    const rename = fs.rename(path.join(beside, "jars"), folder)
    yield* Effect.catch(rename, (error) => Effect.flatMap(isFetched(jars), (there) => (there ? Effect.void : error)))
  },
  (effect, jars, _, folder) =>
    Effect.catchTag(effect, "PlatformError", (error) =>
      Effect.fail(because("NotFetched", `${jars.title} ${jars.version} could not be put into ${folder}`)(error))
    )
)

const maven = Effect.fnUntraced(function* (jars: Jars, java: Java, cwd: string, goal: ReadonlyArray<string>) {
  const args = ["-B", "-q", ...goal, "-DoutputDirectory=jars"]
  // Windows runs a .cmd only through its shell.
  const [command, ...first] = process.platform === "win32" ? (["cmd", "/d", "/c", "mvn"] as const) : (["mvn"] as const)
  const child = yield* ChildProcess.make(command, [...first, ...args], {
    cwd,
    env: { JAVA_HOME: java.home, PATH: yield* fromEnvironment("PATH") },
    extendEnv: true,
    stdin: "ignore",
    forceKillAfter: "5 seconds"
  })
  const output = yield* Stream.mkString(Stream.decodeText(child.all))
  const code = yield* child.exitCode
  if (code === 0) return
  const told = output.split("\n").find((line) => line.startsWith("[ERROR]")) ?? output.trim().slice(-2000)
  return yield* new ServerError({
    reason: "NotFetched",
    message:
      `Maven could not fetch ${jars.title} ${jars.version} (exit ${code}); check the network and ` +
      `Maven's settings.xml, then start again. It said: ${told}`
  })
})

const pom = (jars: Jars): string =>
  `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tablefold</groupId>
  <artifactId>${jars.name}</artifactId>
  <version>${jars.version}</version>
  <packaging>pom</packaging>
  <dependencies>
${jars.dependencies.map(dependency).join("\n")}
  </dependencies>
</project>
`

const dependency = ({ artifact, classifier, group, type, version }: Dependency): string =>
  "    <dependency>" +
  `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>` +
  (type === undefined ? "" : `<type>${type}</type>`) +
  (classifier === undefined ? "" : `<classifier>${classifier}</classifier>${nothingElse}`) +
  "</dependency>"

const nothingElse = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
