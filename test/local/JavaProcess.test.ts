/** Shell scripts stand in for `java` here: what counts is how a process starts, is heard and ends. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path, Schedule, Stream } from "effect"
import { ChildProcess } from "effect/process"
import * as JavaProcess from "../../src/local/JavaProcess.ts"

const options = Effect.fnUntraced(function* (script: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* JavaProcess.temporaryFolder("A server", "tablefold-test-")
  const command = path.join(folder, "java")
  yield* fs.writeFileString(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return {
    title: "A server",
    java: { home: folder, command, major: 17 },
    args: [],
    folder,
    killSignal: "SIGKILL"
  } as const
})

const runs = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const gone = (pid: number) =>
  Effect.sync(() => runs(pid)).pipe(
    Effect.filterOrFail((runs) => !runs),
    Effect.retry(Schedule.spaced("10 millis"))
  )

describe.skipIf(process.platform === "win32")("a process", () => {
  it.live("ends with its scope, whatever it does about SIGTERM", () =>
    Effect.gen(function* () {
      const pid = yield* Effect.scoped(
        Effect.gen(function* () {
          const child = yield* JavaProcess.start(yield* options("trap '' TERM; while :; do sleep 1; done"))
          assert.isTrue(runs(child.pid))
          return child.pid
        })
      )
      assert.isFalse(runs(pid))
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("ends with this process, even one that is killed without a word", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { java, folder } = yield* options("exec sleep 60")
      const theirs = yield* fs.makeTempDirectory()
      const module = new URL("../../src/local/JavaProcess.ts", import.meta.url)
      const script = `
        import { NodeServices } from "@effect/platform-node"
        import { Effect } from "effect"
        import * as JavaProcess from ${JSON.stringify(module)}
        const options = ${JSON.stringify({ title: "x", java, args: [], folder: theirs, killSignal: "SIGTERM" })}
        await Effect.runPromise(Effect.gen(function*() {
          console.log((yield* JavaProcess.start(options)).pid)
          yield* Effect.never
        }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))`
      const owner = yield* ChildProcess.make(process.execPath, ["--input-type=module", "-e", script])
      const lines = owner.stdout.pipe(Stream.decodeText, Stream.splitLines)
      const pid = Number(yield* Stream.runHead(lines).pipe(Effect.flatMap(Effect.fromOption)))
      assert.isTrue(runs(pid))
      process.kill(owner.pid, "SIGKILL")
      yield* gone(pid)
      // Its folder goes a second later.
      yield* fs.exists(theirs).pipe(
        Effect.filterOrFail((exists) => !exists),
        Effect.retry(Schedule.spaced("50 millis"))
      )
      assert.isTrue(yield* fs.exists(folder))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe.skipIf(process.platform === "win32")("whenReady", () => {
  it.live("fails with the tail of the log when the process ends first", () =>
    Effect.gen(function* () {
      const child = yield* JavaProcess.start(yield* options("seq 1 100; echo 'no such option' >&2; exit 3"))
      const error = yield* Effect.flip(JavaProcess.whenReady("A server", child, Effect.fail("not yet")))
      assert.strictEqual(error.reason, "NotStarted")
      const [first, ...tail] = error.message.split("\n")
      assert.strictEqual(first, "A server ended before it answered. Its log ends:")
      assert.strictEqual(tail.length, 40)
      assert.include(tail, "no such option")
      assert.include(tail, "100")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("knows a taken port from another failure, and tries three times more", () =>
    Effect.gen(function* () {
      let starts = 0
      const program = yield* options("echo 'java.net.BindException: Address already in use'")
      const start = Effect.gen(function* () {
        starts += 1
        const child = yield* JavaProcess.start(program)
        return yield* child.ended
      })
      const error = yield* Effect.flip(JavaProcess.withAnotherPort(JavaProcess.attempt(start)))
      assert.strictEqual(error.reason, "PortTaken")
      assert.strictEqual(starts, 4)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("says which program could not be run", () =>
    Effect.gen(function* () {
      const { java, ...rest } = yield* options("exit 0")
      const absent = { ...java, command: `${java.home}/absent` }
      const error = yield* Effect.flip(JavaProcess.start({ ...rest, java: absent }))
      assert.isTrue(error.message.startsWith(`A server could not be run by ${absent.command}: `))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
