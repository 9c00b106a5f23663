/**
 * A Java installation on this machine. `find` lists those it knows, the user's own choice first: JAVA_HOME, then the
 * `java` on PATH, then the folders where package managers and tools put JDKs.
 */
import { Effect, FileSystem, Option, Path } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { homedir } from "node:os"
import { findOnPath, fromEnvironment } from "./findOnPath.ts"

export interface Java {
  readonly home: string
  /** The `java` program itself. */
  readonly command: string
  /** 17, 21, 25, …; 8 for what calls itself 1.8. */
  readonly major: number
}

/** Folders that hold installations, and where in one the home is. */
const usual: ReadonlyArray<readonly [folder: string, home: string]> = [
  ["/usr/lib/jvm", ""],
  ["/usr/java", ""],
  ["/opt/java", ""],
  ["/Library/Java/JavaVirtualMachines", "Contents/Home"],
  [`${homedir()}/Library/Java/JavaVirtualMachines`, "Contents/Home"],
  ["/opt/homebrew/opt", "libexec/openjdk.jdk/Contents/Home"],
  [`${homedir()}/.sdkman/candidates/java`, ""],
  [`${homedir()}/.jdks`, ""],
  ["C:\\Program Files\\Java", ""],
  ["C:\\Program Files\\Eclipse Adoptium", ""]
]

const program = process.platform === "win32" ? "java.exe" : "java"

/** The first installation, in the order of `find`, that is new enough. */
export const atLeast = (javas: ReadonlyArray<Java>, major: number): Java | undefined =>
  javas.find((java) => java.major >= major)

/** Every installation found, each once. One that cannot tell its version is left out. */
export const find = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const homes = [...(yield* chosen), ...(yield* Effect.forEach(usual, installed)).flat()]
  const real = yield* Effect.forEach(homes, (home) => Effect.option(fs.realPath(home)))
  const once = [...new Set(real.filter(Option.isSome).map((home) => home.value))]
  const javas = yield* Effect.forEach(once, fromHome, { concurrency: 4 })
  return javas.filter((java) => java !== undefined)
})

/** The homes that the user points at: JAVA_HOME, and that of the `java` on PATH (often a link out of /usr/bin). */
const chosen = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const home = yield* fromEnvironment("JAVA_HOME")
  const onPath = Option.getOrUndefined(yield* findOnPath(program))
  const real = onPath === undefined ? undefined : yield* Effect.orElseSucceed(fs.realPath(onPath), () => onPath)
  return [home, real === undefined ? "" : path.dirname(path.dirname(real))].filter((home) => home !== "")
})

const installed = Effect.fnUntraced(function* ([folder, home]: readonly [string, string]) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* Effect.orElseSucceed(fs.readDirectory(folder), () => [])
  // Newest first, as far as names tell.
  return names.sort((a, b) => b.localeCompare(a, "en", { numeric: true })).map((name) => path.join(folder, name, home))
})

const fromHome = Effect.fnUntraced(function* (home: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const command = path.join(home, "bin", program)
  if (!(yield* Effect.orElseSucceed(fs.exists(command), () => false))) return undefined
  const release = yield* Effect.orElseSucceed(fs.readFileString(path.join(home, "release")), () => "")
  const major = majorVersion(release) ?? majorVersion(yield* askVersion(command))
  return major === undefined ? undefined : ({ home, command, major } satisfies Java)
})

const askVersion = Effect.fnUntraced(function* (command: string) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const answer = spawner.string(ChildProcess.make(command, ["-version"], { stdin: "ignore" }), { includeStderr: true })
  return yield* answer.pipe(
    Effect.timeout("10 seconds"),
    Effect.orElseSucceed(() => "")
  )
})

/** Reads both `JAVA_VERSION="17.0.15"` of a release file and `openjdk version "17.0.15" 2025-04-15` of the program. */
export const majorVersion = (text: string): number | undefined => {
  const [, first, second] = /(?:JAVA_VERSION=|version )"(\d+)(?:\.(\d+))?/.exec(text) ?? []
  const major = first === "1" ? second : first
  return major === undefined ? undefined : Number(major)
}
