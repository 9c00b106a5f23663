/**
 * The files of a table's export, wherever they are: what can be asked of a folder or a bucket, and no more. A name is a
 * path below the place that was named, with `/` in between; that of a folder ends with one. What the files mean is said
 * in `TableExport.ts`. Layers: `folderExportFiles.ts`, `s3ExportFiles.ts`.
 */
import { Context, Data, type Effect, type Stream } from "effect"

/** Says which file, what about it, and what to do. */
export class ExportError extends Data.TaggedError("ExportError")<{
  readonly message: string
  /** True where the same may go well a little later: the network or the service failed in passing. */
  readonly isRetryable: boolean
}> {}

/** The error for an export that will not become another by asking again. */
export const incompatible = (message: string): ExportError => new ExportError({ message, isRetryable: false })

export interface Entry {
  readonly name: string
  /** The tag that S3 knows the content by, without its quotes; absent where nobody has looked at it yet. */
  readonly etag: string | undefined
}

export class ExportFiles extends Context.Service<
  ExportFiles,
  {
    /** The place as it was named, without a slash at its end: `./export`, `s3://bucket/prefix`. */
    readonly place: string
    /** Files and folders right below a folder; "" is the place itself. None where there is no such folder. */
    readonly list: (folder: string) => Effect.Effect<ReadonlyArray<Entry>, ExportError>
    /** The tag of one file, as in its entry; fails where there is no such file. */
    readonly etag: (name: string) => Effect.Effect<Entry["etag"], ExportError>
    /** The bytes of a file as they come, from its beginning. */
    readonly read: (name: string) => Stream.Stream<Uint8Array, ExportError>
  }
>()("tablefold/source/ExportFiles") {}
