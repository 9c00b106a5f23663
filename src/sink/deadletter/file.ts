/**
 * Dead letters in a file, appended as one line of JSON each: for programs on one machine. Several processes may append
 * while another takes dead letters away. Whoever takes away writes the rest beside the file and renames it over it,
 * then looks whether something was appended to the old one meanwhile; whoever appends looks afterwards whether the file
 * was replaced, and appends again. Between the two no dead letter is lost, and one that is there twice has one id.
 */
import { Effect, FileSystem, Layer, Option, Result } from "effect"
import * as fileText from "../../fileText.ts"
import * as privateFile from "../../privateFile.ts"
import * as DeadLetters from "./DeadLetters.ts"
import { split } from "./entries.ts"
import { type Message, type DeadLetterQueue, read } from "./DeadLetterQueue.ts"

/** A file as destination; it is made with the first dead letter. */
export const layer = (
  path: string,
  options: DeadLetters.Options = {}
): Layer.Layer<DeadLetters.DeadLetters, never, FileSystem.FileSystem> =>
  Layer.effect(
    DeadLetters.DeadLetters,
    Effect.map(FileSystem.FileSystem, (files) =>
      DeadLetters.DeadLetters.of({
        withData: options.withData ?? false,
        put: DeadLetters.once((deadLetters) =>
          append(files, path, deadLetters.map((deadLetter) => `${DeadLetters.encode(deadLetter)}\n`).join("")).pipe(
            Effect.as(new Map<string, string>()),
            Effect.catch(({ message }) =>
              Effect.succeed(new Map(deadLetters.map(({ id }) => [id, `${path} can't be written: ${message}`])))
            )
          )
        )
      })
    )
  )

/** The number of times that a file may be replaced under an append before that fails. */
const appendsMax = 10

const append = Effect.fnUntraced(function* (files: FileSystem.FileSystem, path: string, text: string) {
  for (let i = 0; i < appendsMax; i++) {
    const isThere = yield* Effect.scoped(appendOnce(files, path, text))
    if (isThere) return
  }
  return yield* new DeadLetters.DeadLettersError({ message: "it was replaced again and again" })
})

/** Appends and flushes; tells whether the file is still the one at the path. */
const appendOnce = Effect.fnUntraced(function* (files: FileSystem.FileSystem, path: string, text: string) {
  const file = yield* privateFile.append(files, path)
  // Whoever was killed while appending left half a line, which must not swallow ours.
  const { size } = yield* file.stat
  if (size > 0) yield* file.seek(size - 1n, "start")
  const end = size > 0 ? yield* readOn(file) : "\n"
  yield* file.writeAll(new TextEncoder().encode(end.endsWith("\n") ? text : `\n${text}`))
  yield* file.sync
  const { dev, ino } = yield* file.stat
  const there = yield* Effect.option(files.stat(path))
  return Option.exists(there, (now) => now.dev === dev && Option.getOrNull(now.ino) === Option.getOrNull(ino))
})

/** The dead letters in a file. Those with one id are one; what is no dead letter stays as it is. */
export const queue = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<DeadLetterQueue, DeadLetters.DeadLettersError, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const fail = ({ message }: { readonly message: string }) =>
    new DeadLetters.DeadLettersError({ message: `${path} can't be used: ${message}` })
  const text = yield* files.stat(path).pipe(
    Effect.filterOrFail(
      ({ type }) => type !== "Directory",
      () => new DeadLetters.DeadLettersError({ message: `${path} is a folder; give the file with the dead letters` })
    ),
    Effect.andThen(files.readFile(path)),
    Effect.flatMap((bytes) => Effect.fromResult(fileText.decode(bytes))),
    Effect.catchReason("PlatformError", "NotFound", () =>
      Effect.fail(new DeadLetters.DeadLettersError({ message: `there is no file ${path}` }))
    ),
    Effect.mapError((error) => (error._tag === "DeadLettersError" ? error : fail(error)))
  )
  const kept = keptOf(all(text))
  const removed = new Set<string>()
  let isTaken = false
  return {
    take: Effect.sync(() => {
      const taken = isTaken ? [] : kept
      isTaken = true
      return taken
    }),
    remove: (handles) =>
      Effect.sync(() => {
        for (const handle of handles) removed.add(handle)
      }),
    finish: Effect.suspend(() =>
      removed.size === 0
        ? Effect.void
        : Effect.map(Effect.mapError(Effect.scoped(removeFrom(files, path, removed)), fail), () => removed.clear())
    ),
    size: Effect.succeed(kept.length)
  }
})

/** All that a file holds. */
const all = (text: string): ReadonlyArray<string> => {
  const { entries, unfinished } = split(text)
  return unfinished === "" ? entries : [...entries, unfinished]
}

/** The handle of an entry: its dead letter's id; its text where it holds something else. */
const handleOf = (entry: string): string => {
  const content = read(entry)
  return Result.isSuccess(content) && content.success._tag === "DeadLetter" ? content.success.deadLetter.id : entry
}

const keptOf = (entries: ReadonlyArray<string>): ReadonlyArray<Message> => {
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  const kept = new Map<string, string>()
  for (const entry of entries) {
    const content = read(entry)
    if (Result.isFailure(content) || content.success._tag !== "DeadLetter") {
      kept.set(entry, entry)
      continue
    }
    const { deadLetter } = content.success
    const merged = DeadLetters.merge(deadLetters.get(deadLetter.id), deadLetter)
    deadLetters.set(deadLetter.id, merged)
    kept.set(deadLetter.id, DeadLetters.encode(merged))
  }
  return [...kept].map(([handle, text]) => ({ handle, text }))
}

const removeFrom = Effect.fnUntraced(function* (
  files: FileSystem.FileSystem,
  path: string,
  handles: ReadonlySet<string>
) {
  yield* privateFile.refuseLink(files, path)
  const next = `${path}.next`
  // Its name is the lock: of two who remove at one time the second would bring back what the first had seen.
  const beside = yield* Effect.catchReason(privateFile.create(files, next), "PlatformError", "AlreadyExists", () =>
    Effect.fail(
      new DeadLetters.DeadLettersError({
        message: `someone else takes dead letters away (if nobody does, remove ${next}, which was left behind)`
      })
    )
  )
  const old = yield* files.open(path, { flag: "r" })
  const before = yield* readOn(old)
  const { entries, unfinished } = split(before)
  const rest = entries.filter((entry) => !handles.has(handleOf(entry)))
  yield* beside.writeAll(new TextEncoder().encode(rest.map((entry) => `${entry}\n`).join("")))
  yield* beside.sync
  yield* files.rename(next, path)
  // What was appended to the old file before the rename, by someone who could not know.
  const late = unfinished + (yield* readOn(old))
  const open = all(late).filter((entry) => !handles.has(handleOf(entry)))
  if (open.length > 0) yield* append(files, path, open.map((entry) => `${entry}\n`).join(""))
})

/** The rest of a file from where it was read to. */
const readOn = Effect.fnUntraced(function* (file: FileSystem.File) {
  const chunks: Array<Uint8Array> = []
  for (;;) {
    const chunk = yield* file.readAlloc(64 * 1024)
    if (Option.isNone(chunk)) return Buffer.concat(chunks).toString("utf8")
    chunks.push(chunk.value)
  }
})
