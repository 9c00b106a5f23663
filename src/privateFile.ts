/**
 * Files that name rows by their keys: readable by their owner alone, and never written through a symbolic link, which
 * somebody else may have put there. On Windows files have no such rights, and links need a privilege.
 */
import { Data, Effect, type FileSystem, type PlatformError, type Scope } from "effect"
import * as fileText from "./fileText.ts"

/** A file may not be used; the message says why and what to do, after its path. */
export class PrivateFileError extends Data.TaggedError("PrivateFileError")<{ readonly message: string }> {}

type Result<A, R = never> = Effect.Effect<A, PrivateFileError | PlatformError.PlatformError, R>

const ownerOnly = 0o600
const others = 0o077

const isWindows = process.platform === "win32"

/** Fails where a path is a symbolic link, wherever it leads. */
export const refuseLink = (files: FileSystem.FileSystem, path: string): Effect.Effect<void, PrivateFileError> =>
  Effect.matchEffect(files.readLink(path), {
    // Nothing is there, or it is a file: opening it tells more.
    onFailure: () => Effect.void,
    onSuccess: () => new PrivateFileError({ message: "it is a symbolic link; give the path of the file itself" })
  })

/** Reads the text of a file that is no link. */
export const read = (files: FileSystem.FileSystem, path: string): Result<string> =>
  refuseLink(files, path).pipe(
    Effect.andThen(files.readFile(path)),
    Effect.flatMap((bytes) => Effect.fromResult(fileText.decode(bytes))),
    Effect.catchTag("NotUtf8", ({ message }) => new PrivateFileError({ message }))
  )

/** Makes a file that must not be there yet. */
export const create = (
  files: FileSystem.FileSystem,
  path: string
): Effect.Effect<FileSystem.File, PlatformError.PlatformError, Scope.Scope> =>
  files.open(path, { flag: "wx", mode: ownerOnly })

/** Opens a file to append to it and to read it, made where it is not there; of one that is, the rights are narrowed. */
export const append = Effect.fnUntraced(function* (
  files: FileSystem.FileSystem,
  path: string
): Effect.fn.Return<FileSystem.File, PrivateFileError | PlatformError.PlatformError, Scope.Scope> {
  yield* refuseLink(files, path)
  // Whoever puts a link there now is refused by the system.
  const file = yield* files.open(path, { flag: "a+", mode: ownerOnly, noFollow: !isWindows })
  if (yield* isPrivate(file)) return file
  yield* Effect.ignore(files.chmod(path, ownerOnly))
  if (yield* isPrivate(file)) return file
  return yield* new PrivateFileError({
    message: "others may read it, and it belongs to somebody else: give another path"
  })
})

/** Devices and pipes keep nothing. */
const isPrivate = (file: FileSystem.File) =>
  Effect.map(file.stat, ({ mode, type }) => isWindows || type !== "File" || (mode & others) === 0)

/**
 * Replaces a file by its new text: it is either the old one or the new one, whenever the process or the machine stops.
 * Writes `<path>.next`, flushes it and renames it over `path`. For one writer at a time.
 */
export const replace = Effect.fnUntraced(function* (
  files: FileSystem.FileSystem,
  path: string,
  text: string
): Effect.fn.Return<void, PrivateFileError | PlatformError.PlatformError> {
  yield* refuseLink(files, path)
  const next = `${path}.next`
  // What a stopped process left, or a link; what somebody puts there after this is not opened.
  yield* files.remove(next, { force: true })
  yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* create(files, next)
      yield* file.writeAll(new TextEncoder().encode(text))
      yield* file.sync
    })
  )
  yield* files.rename(next, path)
})
