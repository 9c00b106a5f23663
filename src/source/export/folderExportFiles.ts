/** {@link ExportFiles} in a folder of this machine. */
import { Effect, FileSystem, Layer, Path, Stream } from "effect"
import { ExportFiles, incompatible } from "./ExportFiles.ts"

export const layerFolder = (folder: string): Layer.Layer<ExportFiles, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    ExportFiles,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const failed = (name: string) => (error: { readonly message: string }) =>
        incompatible(`${path.join(folder, name)} can't be read (${error.message})`)
      const entryOf = (name: string) =>
        Effect.map(files.stat(path.join(folder, name)), ({ type }) => ({
          name: type === "Directory" ? `${name}/` : name,
          etag: undefined
        }))
      return ExportFiles.of({
        place: folder.replace(/(?<=.)[/\\]+$/, ""),
        list: (under) =>
          files.readDirectory(path.join(folder, under)).pipe(
            Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed<Array<string>>([])),
            Effect.flatMap((names) => Effect.forEach(names, (name) => entryOf(under + name))),
            Effect.mapError(failed(under))
          ),
        etag: (name) =>
          Effect.mapBoth(files.stat(path.join(folder, name)), { onFailure: failed(name), onSuccess: () => undefined }),
        read: (name) => Stream.mapError(files.stream(path.join(folder, name)), failed(name))
      })
    })
  )
