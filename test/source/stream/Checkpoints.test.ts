/** One suite for both stores, then what only a file can suffer: damage, a crash between write and rename. */
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option } from "effect"
import {
  begun,
  type Checkpoint,
  Checkpoints,
  finished,
  layerFile,
  layerMemory
} from "../../../src/source/stream/Checkpoints.ts"

const checkpoint = (number: string): Checkpoint => ({
  streamArn: "arn:aws:dynamodb:memory:000000000000:table/shop/stream/2026-01-01T00:00:00.000",
  listedTo: 1_767_225_600_000,
  shards: { "shardId-1": number, "shardId-2": finished, "shardId-3": begun },
  times: { "shardId-1": { recordAt: 5, readTo: 7 }, "shardId-3": { recordAt: 6, readTo: 6 } }
})

const inFolder = <A, E>(test: (path: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped({ prefix: "checkpoints-" })
    return yield* test(`${folder}/shop.checkpoint`)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const suite = (name: string, run: <A, E>(test: Effect.Effect<A, E, Checkpoints>) => Effect.Effect<unknown, unknown>) =>
  describe(name, () => {
    it.effect("has nothing at first", () =>
      run(
        Effect.gen(function* () {
          assert.isTrue(Option.isNone(yield* (yield* Checkpoints).load))
        })
      )
    )

    it.effect("gives back what was saved last", () =>
      run(
        Effect.gen(function* () {
          const { load, save } = yield* Checkpoints
          yield* save(checkpoint("800000000003126276362"))
          yield* save(checkpoint("1000000000000000000000"))
          assert.deepStrictEqual(Option.getOrThrow(yield* load), checkpoint("1000000000000000000000"))
        })
      )
    )
  })

suite("layerMemory", (test) => Effect.provide(test, layerMemory))
suite("layerFile", (test) => inFolder((path) => Effect.provide(test, layerFile(path))))

const loadAnew = (path: string) =>
  Effect.flatMap(Checkpoints, ({ load }) => load).pipe(Effect.provide(Layer.fresh(layerFile(path))))

describe("a file", () => {
  it.effect("is found by the next process, and an unfinished save beside it does no harm", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* Effect.flatMap(Checkpoints, ({ save }) => save(checkpoint("7"))).pipe(Effect.provide(layerFile(path)))
        yield* files.writeFileString(`${path}.next`, `{"format":1,"stre`)
        assert.deepStrictEqual(Option.getOrThrow(yield* loadAnew(path)), checkpoint("7"))
      })
    )
  )

  it.effect.each([
    "",
    "{",
    `{"format":2,"streamArn":"a","shards":{}}`,
    `{"format":1,"shards":{}}`,
    `{"format":1,"streamArn":"a","shards":{}}`,
    "[]"
  ])("that is damaged or of another kind is a sentence: %s", (text) =>
    inFolder((path) =>
      Effect.gen(function* () {
        yield* (yield* FileSystem.FileSystem).writeFileString(path, text)
        const error = yield* Effect.flip(loadAnew(path))
        assert.match(error.message, /^the checkpoint .*shop\.checkpoint is not one of ours or is damaged; remove it/)
      })
    )
  )

  it.effect("may have a byte order mark and carriage returns, and in UTF-16 is a sentence", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        yield* Effect.flatMap(Checkpoints, ({ save }) => save(checkpoint("7"))).pipe(Effect.provide(layerFile(path)))
        const text = `\uFEFF${(yield* files.readFileString(path)).replaceAll(",", ",\r\n").trim()}\r\n`
        yield* files.writeFileString(path, text)
        assert.deepStrictEqual(Option.getOrThrow(yield* loadAnew(path)), checkpoint("7"))
        yield* files.writeFile(path, Buffer.from(text, "utf16le"))
        assert.include((yield* Effect.flip(loadAnew(path))).message, "it is UTF-16 text")
      })
    )
  )

  it.effect("in a folder that is not there cannot be saved, and says so", () =>
    Effect.gen(function* () {
      const { save } = yield* Checkpoints
      const error = yield* Effect.flip(save(checkpoint("7")))
      assert.match(error.message, /^cannot save the checkpoint \/nowhere\/at\/all: /)
    }).pipe(Effect.provide(layerFile("/nowhere/at/all")), Effect.provide(NodeFileSystem.layer))
  )
})
