/** Files that name rows: for their owner's eyes, and what a link leads to is left alone. On real files. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Option } from "effect"
import { lstatSync, statSync } from "node:fs"
import * as privateFile from "../src/privateFile.ts"
import * as DeadLetters from "../src/sink/deadletter/DeadLetters.ts"
import * as deadLetters from "../src/sink/deadletter/file.ts"
import * as Checkpoints from "../src/source/stream/Checkpoints.ts"
import * as ScanProgress from "../src/source/scan/ScanProgress.ts"

const deadLetter = DeadLetters.make({ reason: "no", rows: [{ key: "ORDER#1" }] }, 0)
const other = DeadLetters.make({ reason: "no", rows: [{ key: "ORDER#2" }] }, 0)

type Use = (path: string) => Effect.Effect<unknown, { readonly message: string }, FileSystem.FileSystem>

const put =
  (one: DeadLetters.DeadLetter): Use =>
  (path) =>
    Effect.flatMap(DeadLetters.DeadLetters, ({ put }) => put([one])).pipe(
      Effect.flatMap((left) => Effect.forEach([...left.values()], (message) => Effect.fail({ message }))),
      Effect.provide(deadLetters.layer(path), { local: true })
    )

const takeAway: Use = (path) =>
  Effect.gen(function* () {
    const queue = yield* deadLetters.queue(path)
    yield* queue.remove([deadLetter.id])
    yield* queue.finish
  })

const save: Use = (path) =>
  Effect.flatMap(Checkpoints.Checkpoints, ({ save }) =>
    save({ streamArn: "arn", listedTo: 0, shards: { "shard-1": "7" }, times: {} })
  ).pipe(Effect.provide(Checkpoints.layerFile(path), { local: true }))

const load: Use = (path) =>
  Effect.flatMap(Checkpoints.Checkpoints, ({ load }) => load).pipe(
    Effect.provide(Checkpoints.layerFile(path), { local: true })
  )

const state = { tableArn: "arn", target: "orders", startedAt: 0, writtenFrom: null, rows: 7, segments: [] }

const saveScan: Use = (path) =>
  Effect.flatMap(ScanProgress.ScanProgress, ({ save }) => save(state)).pipe(
    Effect.provide(ScanProgress.layerFile(path), { local: true })
  )

const loadScan: Use = (path) =>
  Effect.flatMap(ScanProgress.ScanProgress, ({ load }) => load).pipe(
    Effect.provide(ScanProgress.layerFile(path), { local: true })
  )

/** All that writes such a file, each over what a program before it left there. */
const writers: { readonly [name: string]: Use } = {
  "a checkpoint": save,
  "a scan's state": saveScan,
  "a dead letter": put(deadLetter),
  "dead letters without one that was taken": (path) =>
    Effect.andThen(Effect.andThen(put(deadLetter)(path), put(other)(path)), takeAway(path))
}

const inFolder = (
  test: (path: string, files: FileSystem.FileSystem) => Effect.Effect<void, unknown, FileSystem.FileSystem>
) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped({ prefix: "tablefold-private-" })
    const mask = process.umask(0)
    yield* Effect.addFinalizer(() => Effect.sync(() => process.umask(mask)))
    yield* test(`${folder}/file`, files)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe.skipIf(process.platform === "win32").each(Object.entries(writers))("%s", (_, write) => {
  it.effect("is for its owner alone, whatever the process's mask", () =>
    inFolder(
      Effect.fnUntraced(function* (path) {
        yield* write(path)
        assert.strictEqual(rightsOf(path), "600")
        yield* write(path)
        assert.strictEqual(rightsOf(path), "600")
      })
    )
  )

  it.effect("is so too where a file with wider rights was there", () =>
    inFolder(
      Effect.fnUntraced(function* (path, files) {
        yield* files.writeFileString(path, "", { mode: 0o666 })
        assert.strictEqual(rightsOf(path), "666")
        yield* write(path)
        assert.strictEqual(rightsOf(path), "600")
      })
    )
  )

  it.effect("is not written through a link, wherever that leads", () =>
    inFolder(
      Effect.fnUntraced(function* (path, files) {
        for (const there of [true, false]) {
          const target = `${path}.target.${there}`
          if (there) yield* files.writeFileString(target, "mine")
          const link = `${path}.link.${there}`
          yield* files.symlink(target, link)
          const { message } = (yield* Effect.flip(write(link))) as { readonly message: string }
          assert.match(
            message,
            new RegExp(`${link} can't be written: it is a symbolic link|${link}: it is a symbolic link`)
          )
          assert.isTrue(lstatSync(link).isSymbolicLink())
          assert.strictEqual(yield* files.exists(target), there)
          if (there) assert.strictEqual(yield* files.readFileString(target), "mine")
        }
      })
    )
  )

  it.effect("is not written through a link beside it", () =>
    inFolder(
      Effect.fnUntraced(function* (path, files) {
        const target = `${path}.target`
        yield* files.writeFileString(target, "mine")
        yield* files.symlink(target, `${path}.next`)
        yield* Effect.ignore(write(path))
        assert.strictEqual(yield* files.readFileString(target), "mine")
        assert.isFalse(lstatSync(path).isSymbolicLink())
      })
    )
  )
})

describe.skipIf(process.platform === "win32")("a file", () => {
  it.effect("is not read through a link where it is to be replaced", () =>
    inFolder(
      Effect.fnUntraced(function* (path, files) {
        yield* save(path)
        yield* files.symlink(path, `${path}.link`)
        for (const read of [load, loadScan]) {
          assert.match(
            (yield* Effect.flip(read(`${path}.link`))).message,
            /^cannot load .*\.link: it is a symbolic link/
          )
        }
      })
    )
  )

  it.effect("of which dead letters are taken away is no link", () =>
    inFolder(
      Effect.fnUntraced(function* (path, files) {
        yield* put(deadLetter)(path)
        yield* files.symlink(path, `${path}.link`)
        assert.match((yield* Effect.flip(takeAway(`${path}.link`))).message, /symbolic link/)
        assert.include(yield* files.readFileString(path), deadLetter.id)
      })
    )
  )

  it.effect("that is a device keeps its rights", () =>
    inFolder(
      Effect.fnUntraced(function* (_, files) {
        const before = rightsOf("/dev/null")
        yield* Effect.scoped(privateFile.append(files, "/dev/null"))
        assert.strictEqual(rightsOf("/dev/null"), before)
      })
    )
  )

  it.effect("that a stopped process left half written beside it is in nobody's way", () =>
    inFolder(
      Effect.fnUntraced(function* (path, files) {
        yield* files.writeFileString(`${path}.next`, `{"form`, { mode: 0o666 })
        yield* save(path)
        assert.isTrue(Option.isSome((yield* load(path)) as Option.Option<unknown>))
        assert.strictEqual(rightsOf(path), "600")
      })
    )
  )
})
