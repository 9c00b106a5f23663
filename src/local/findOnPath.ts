/** Finds where a command would be run from: the first folder of PATH that has it. */
import { Config, Effect, FileSystem, Path } from "effect"

/** A setting of the environment; empty and absent are the same. */
export const fromEnvironment = (name: string) => Config.String(name).pipe(Config.withDefault(""), Effect.orDie)

export const findOnPath = Effect.fnUntraced(function* (command: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folders = (yield* fromEnvironment("PATH")) || (yield* fromEnvironment("Path"))
  const files = folders
    .split(process.platform === "win32" ? ";" : ":")
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, command))
  return yield* Effect.findFirst(files, (file) => Effect.orElseSucceed(fs.exists(file), () => false))
})
