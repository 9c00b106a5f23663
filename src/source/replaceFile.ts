/** A small file that is either the old one or the new one, whenever the process or the machine stops. */
import { Effect, type FileSystem, type PlatformError } from "effect"

/** Writes `<path>.next`, flushes it and renames it over `path`. For one writer at a time. */
export const replaceFile = Effect.fnUntraced(function* (
  files: FileSystem.FileSystem,
  path: string,
  text: string
): Effect.fn.Return<void, PlatformError.PlatformError> {
  const next = `${path}.next`
  yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* files.open(next, { flag: "w" })
      yield* file.writeAll(new TextEncoder().encode(text))
      yield* file.sync
    })
  )
  yield* files.rename(next, path)
})
