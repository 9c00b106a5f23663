/** A file of dead letters: what is appended is there, once and whole, whoever takes others away at the same time. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as file from "../../../src/sink/deadletter/file.ts"
import * as DeadLetterQueue from "../../../src/sink/deadletter/DeadLetterQueue.ts"

const deadLetter = (n: number, now = 0) =>
  DeadLetters.make({ reason: `no ${n}`, rows: [{ key: `ORDER#${n}\u0000`, sequenceNumber: String(n) }] }, now)

const inFolder = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  return `${yield* files.makeTempDirectoryScoped({ prefix: "tablefold-letters-" })}/dead-letters.jsonl`
})

/** Each call as a process of its own would do it. */
const put = (path: string, ...deadLetters: ReadonlyArray<DeadLetters.DeadLetter>) =>
  Effect.gen(function* () {
    const [first, ...rest] = deadLetters
    return yield* (yield* DeadLetters.DeadLetters).put([first!, ...rest])
  }).pipe(Effect.provide(file.layer(path), { local: true }))

const remove = Effect.fnUntraced(function* (path: string, ids: ReadonlyArray<string>) {
  const queue = yield* file.queue(path)
  yield* queue.remove(ids)
  yield* queue.finish
})

const reasons = Effect.fnUntraced(function* (path: string) {
  const kept = yield* (yield* file.queue(path)).take
  return kept.map(({ text }) => {
    const content = Result.getOrThrow(DeadLetterQueue.read(text))
    return content._tag === "DeadLetter" ? content.deadLetter.reason : content._tag
  })
})

layer(NodeFileSystem.layer)("a file of dead letters", (it) => {
  it.effect(
    "keeps dead letters line by line; one id is one dead letter, first and last refused as its lines say",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      assert.strictEqual((yield* put(path, deadLetter(1), deadLetter(2))).size, 0)
      yield* put(path, deadLetter(1, 5000))
      const kept = yield* (yield* file.queue(path)).take
      assert.strictEqual(kept.length, 2)
      const first = Result.getOrThrow(DeadLetters.decode(JSON.parse(kept[0]!.text)))
      assert.deepStrictEqual(first, { ...deadLetter(1), lastAt: "1970-01-01T00:00:05.000Z" })
      const text = yield* (yield* FileSystem.FileSystem).readFileString(path)
      assert.strictEqual(text.split("\n").length, 4)
    }, Effect.scoped)
  )

  it.effect(
    "loses only what is removed; lines that are no dead letters stay",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      const files = yield* FileSystem.FileSystem
      yield* put(path, deadLetter(1), deadLetter(2), deadLetter(1, 9), deadLetter(3))
      yield* files.writeFileString(path, "a note by hand\n", { flag: "a" })
      const queue = yield* file.queue(path)
      assert.strictEqual(yield* queue.size, 4)
      yield* queue.take
      assert.deepStrictEqual(yield* queue.take, [])
      yield* queue.remove([deadLetter(1).id, deadLetter(3).id])
      yield* queue.finish
      const text = yield* files.readFileString(path)
      assert.strictEqual(text, `${DeadLetters.encode(deadLetter(2))}\na note by hand\n`)
      assert.deepStrictEqual(yield* files.readDirectory(path.replace(/[^/]*$/, "")), ["dead-letters.jsonl"])
    }, Effect.scoped)
  )

  it.effect(
    "gives and takes away dead letters however they are written, with what was appended below",
    Effect.fnUntraced(function* () {
      const files = yield* FileSystem.FileSystem
      const [first, second, third] = [deadLetter(1), deadLetter(2), deadLetter(3)]
      for (const text of [
        JSON.stringify([first, second]),
        JSON.stringify([first, second], null, 2),
        `${[first, second].map((one) => JSON.stringify(one, null, "\t")).join("\r\n")}`,
        `\ufeff[\n${JSON.stringify(first)},\n${JSON.stringify(second)}\n]\n`
      ]) {
        const path = yield* inFolder
        yield* files.writeFileString(path, text)
        yield* put(path, third)
        assert.deepStrictEqual(yield* reasons(path), ["no 1", "no 2", "no 3"])
        yield* remove(path, [first.id, third.id])
        assert.deepStrictEqual(yield* reasons(path), ["no 2"])
        yield* remove(path, [second.id])
        assert.strictEqual(yield* files.readFileString(path), "")
      }
    }, Effect.scoped)
  )

  it.effect(
    "is written anew once, however many are removed one after the other",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      const deadLetters = Array.from({ length: 200 }, (_, n) => deadLetter(n))
      yield* put(path, ...deadLetters)
      const files = yield* FileSystem.FileSystem
      let renamed = 0
      const counting = FileSystem.FileSystem.of({
        ...files,
        rename: (from, to) => Effect.map(files.rename(from, to), () => void renamed++)
      })
      const queue = yield* Effect.provideService(file.queue(path), FileSystem.FileSystem, counting)
      for (const { id } of deadLetters.slice(50)) yield* queue.remove([id])
      yield* queue.finish
      yield* queue.finish
      assert.strictEqual(renamed, 1)
      assert.strictEqual((yield* reasons(path)).length, 50)
    }, Effect.scoped)
  )

  it.effect(
    "half a line of someone who was killed does not swallow the next dead letter",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      const files = yield* FileSystem.FileSystem
      yield* files.writeFileString(path, DeadLetters.encode(deadLetter(1)).slice(0, 40))
      yield* put(path, deadLetter(2))
      const kept = yield* (yield* file.queue(path)).take
      assert.deepStrictEqual(
        kept.map(({ text }) => Result.isSuccess(DeadLetterQueue.read(text))),
        [false, true]
      )
    }, Effect.scoped)
  )

  it.effect(
    "nothing is lost where some append while others remove",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      yield* put(path, deadLetter(0))
      const append = Effect.forEach(
        Array.from({ length: 150 }, (_, i) => i + 1),
        (n) => put(path, deadLetter(n)),
        { concurrency: 3 }
      )
      const remove = Effect.forEach(Array.from({ length: 75 }), (_, i) =>
        Effect.flatMap(file.queue(path), (queue) => Effect.andThen(queue.remove([deadLetter(i * 2).id]), queue.finish))
      )
      yield* Effect.all([append, remove], { concurrency: 2 })
      const left = new Set(yield* reasons(path))
      for (let n = 1; n <= 150; n += 2) assert.isTrue(left.has(`no ${n}`), `dead letter ${n} is lost`)
    }, Effect.scoped)
  )

  it.effect(
    "that can't be written or read says where",
    Effect.fnUntraced(function* () {
      const path = `${yield* inFolder}/deeper`
      const left = yield* put(path, deadLetter(1))
      assert.include(left.get(deadLetter(1).id)!, path)
      const error = yield* Effect.flip(file.queue(path))
      assert.include(error.message, path)
    }, Effect.scoped)
  )

  it.effect(
    "is not written again for a dead letter that comes again",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      yield* Effect.gen(function* () {
        const { put } = yield* DeadLetters.DeadLetters
        for (let i = 0; i < 5; i++) {
          yield* put([deadLetter(1)])
          yield* TestClock.adjust("1 minute")
        }
      }).pipe(Effect.provide(Layer.fresh(file.layer(path))))
      const text = yield* (yield* FileSystem.FileSystem).readFileString(path)
      assert.strictEqual(text.trim().split("\n").length, 1)
    }, Effect.scoped)
  )

  it.effect(
    "may have byte order marks and carriage returns, and dead letters under them are removed as all others",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      const files = yield* FileSystem.FileSystem
      const lines = [1, 2, 3].map((n) => `\uFEFF${DeadLetters.encode(deadLetter(n))}\r\n`)
      yield* files.writeFileString(path, lines.join(""))
      const queue = yield* file.queue(path)
      const kept = yield* queue.take
      assert.strictEqual(kept.length, 3)
      yield* queue.remove(kept.slice(0, 2).map(({ handle }) => handle))
      yield* queue.finish
      assert.deepStrictEqual(yield* reasons(path), ["no 3"])
    }, Effect.scoped)
  )

  it.effect(
    "in UTF-16 is a sentence",
    Effect.fnUntraced(function* () {
      const path = yield* inFolder
      const files = yield* FileSystem.FileSystem
      yield* files.writeFile(path, Buffer.from(`\uFEFF${DeadLetters.encode(deadLetter(1))}`, "utf16le"))
      const { message } = yield* Effect.flip(file.queue(path))
      assert.include(message, `${path} can't be used: it is UTF-16 text`)
    }, Effect.scoped)
  )

  it.effect(
    "a folder in place of the file is a sentence",
    Effect.fnUntraced(function* () {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped({ prefix: "tablefold-letters-" })
      const { message } = yield* Effect.flip(file.queue(folder))
      assert.strictEqual(message, `${folder} is a folder; give the file with the dead letters`)
    }, Effect.scoped)
  )
})
