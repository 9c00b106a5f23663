/**
 * A Java server as a child process. It lives as long as the scope it was started in, and no longer than this process,
 * however that ends: on POSIX systems a shell waits on a pipe that only this process holds open and kills the server
 * when the pipe breaks, which SIGKILL does too; on Windows the system ends children with their parent.
 */
import { Effect, Exit, Fiber, FileSystem, Schedule, Scope, Stream } from "effect"
import type { Path } from "effect"
import { ChildProcess } from "effect/process"
import type { ChildProcessSpawner } from "effect/process"
import type { Java } from "./Java.ts"
import { because, ServerError } from "./ServerError.ts"

export interface JavaProcess {
  readonly pid: number
  /** Fails when the process has ended, with the tail of what it printed; never succeeds. */
  readonly ended: Effect.Effect<never, ServerError>
  /** Ends it at once, as SIGKILL does, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
}

/** The services that the platform has to give, as `NodeServices.layer` does. */
export type Needs = ChildProcessSpawner.ChildProcessSpawner | FileSystem.FileSystem | Path.Path

export interface Options {
  readonly title: string
  readonly java: Java
  readonly args: ReadonlyArray<string>
  /** The folder in which it runs: a temporary one, which goes with the process should this one die. */
  readonly folder: string
  /** The signal by which the end of the scope ends it. */
  readonly killSignal: "SIGTERM" | "SIGKILL"
  /** Defaults to `start`. */
  readonly speed?: Speed | undefined
  readonly onLine?: (line: string) => void
}

/** The kind of speed that counts: to be there soon, or to be fast for long, once warm, as a server in production is. */
export type Speed = "start" | "steady"

/** Quick to start: DynamoDB Local takes 1.5 s for 2.3, OpenSearch 3.8 takes 3.9 s for 5.9. */
const flags: { readonly [S in Speed]: ReadonlyArray<string> } = {
  start: ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"],
  steady: ["-XX:+UseG1GC"]
}

const linesKept = 40

export const start = Effect.fnUntraced(
  function* (options: Options) {
    const args = [...flags[options.speed ?? "start"], `-Djava.io.tmpdir=${options.folder}`, ...options.args]
    const child = yield* ChildProcess.make(options.java.command, args, {
      cwd: options.folder,
      stdin: "ignore",
      killSignal: options.killSignal,
      forceKillAfter: "10 seconds"
    })
    const dog = yield* attempt(watchdog(child.pid, options.folder))
    // It must not outlive the process, whose number may be given to another.
    yield* Effect.forkScoped(Effect.andThen(Effect.exit(child.exitCode), dog.close))
    const log: Array<string> = []
    const keep = (line: string) =>
      Effect.sync(() => {
        log.push(line)
        if (log.length > linesKept) log.shift()
        options.onLine?.(line)
      })
    const lines = child.all.pipe(Stream.decodeText, Stream.splitLines)
    const reader = yield* Effect.forkScoped(Effect.ignore(Stream.runForEach(lines, keep)))
    const ended = Effect.gen(function* () {
      yield* Effect.exit(child.exitCode)
      yield* Effect.timeoutOption(Fiber.await(reader), "1 second")
      return yield* failure(options.title, log.join("\n"))
    })
    const kill = Effect.ignore(child.kill({ killSignal: "SIGKILL" }))
    return { pid: child.pid, ended, kill } satisfies JavaProcess
  },
  (effect, options) =>
    Effect.catchTag(effect, "PlatformError", (error) =>
      Effect.fail(because("NotStarted", `${options.title} could not be run by ${options.java.command}`)(error))
    )
)

const failure = (title: string, log: string): ServerError =>
  /address already in use|bindexception|port \S+ is unavailable/i.test(log)
    ? new ServerError({ reason: "PortTaken", message: `${title} ended: its port is taken. Its log ends:\n${log}` })
    : new ServerError({ reason: "NotStarted", message: `${title} ended before it answered. Its log ends:\n${log}` })

const watchdog = Effect.fnUntraced(function* (pid: number, folder: string) {
  if (process.platform === "win32") return
  yield* ChildProcess.make("sh", ["-c", 'read -r _; kill -9 "$1"; sleep 1; rm -rf "$2"', "sh", `${pid}`, folder], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    killSignal: "SIGKILL"
  })
})

/** Asks until `check` succeeds. Fails when the process ends first, or after two minutes. */
export const whenReady = <A, E, R>(title: string, child: JavaProcess, check: Effect.Effect<A, E, R>) =>
  check.pipe(
    Effect.timeout("2 seconds"),
    // Retried without end, so what is left to fail with is below.
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.orDie,
    Effect.timeoutOrElse({
      duration: "2 minutes",
      orElse: () =>
        Effect.fail(new ServerError({ reason: "NotStarted", message: `${title} did not answer for two minutes` }))
    }),
    Effect.raceFirst(child.ended)
  )

/** Runs in a scope of its own, which closes with the outer one, or at once where `effect` fails. */
export const attempt = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const value = yield* effect.pipe(
    Scope.provide(scope),
    Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
  )
  return { value, close: Scope.close(scope, Exit.void) }
})

/** Tries again, three times at most, where a port was taken between finding and using it. */
export const withAnotherPort = <A, R>(effect: Effect.Effect<A, ServerError, R>) =>
  Effect.retry(effect, { times: 3, while: (error) => error.reason === "PortTaken" })

/** The folder `start` asks for; it goes when the scope closes. */
export const temporaryFolder = (title: string, prefix: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix })).pipe(
    Effect.mapError(because("NotStarted", `${title} got no temporary folder`))
  )
