/**
 * The place up to which a stream has been acknowledged, kept between runs. What stands here was delivered; what was
 * delivered may not stand here yet. So a lost checkpoint costs reading again, never a change.
 */
import { Context, Data, Effect, FileSystem, Layer, Option, Ref, Schema } from "effect"
import * as privateFile from "../../privateFile.ts"
import { EpochMillis } from "../record/EpochMillis.ts"

const Checkpoint = Schema.Struct({
  streamArn: Schema.String,
  /** Epoch milliseconds. Shards made before have a position here, or are not to be read. */
  listedTo: EpochMillis,
  /** Per shard the sequence number of the last record acknowledged, or `begun`, or `finished`. */
  shards: Schema.Record(Schema.String, Schema.String),
  /** Of each shard that is not finished, as in `shardTimes.ts`; epoch milliseconds. */
  times: Schema.Record(Schema.String, Schema.Struct({ recordAt: EpochMillis, readTo: EpochMillis }))
})
export type Checkpoint = typeof Checkpoint.Type

/** The mark of a shard that is listed and has nothing acknowledged yet. */
export const begun = "begun"

/** The mark of a shard that is closed and acknowledged to its end. */
export const finished = "finished"

export class CheckpointError extends Data.TaggedError("CheckpointError")<{
  readonly operation: "load" | "save"
  readonly message: string
}> {}

export class Checkpoints extends Context.Service<
  Checkpoints,
  {
    readonly load: Effect.Effect<Option.Option<Checkpoint>, CheckpointError>
    /** Replaces what was saved before, wholly or not at all. */
    readonly save: (checkpoint: Checkpoint) => Effect.Effect<void, CheckpointError>
  }
>()("tablefold/source/Checkpoints") {}

/** Forgotten with the process. */
export const layerMemory: Layer.Layer<Checkpoints> = Layer.effect(
  Checkpoints,
  Effect.map(Ref.make(Option.none<Checkpoint>()), (ref) =>
    Checkpoints.of({
      load: Ref.get(ref),
      save: (checkpoint) => Ref.set(ref, Option.some(checkpoint))
    })
  )
)

const Stored = Schema.fromJsonString(Schema.Struct({ format: Schema.Literal(1), ...Checkpoint.fields }))
const decode = Schema.decodeUnknownEffect(Stored)
const encode = Schema.encodeSync(Stored)

/**
 * A file of JSON, for one process that follows one table. Each save replaces it as a whole, so a crash leaves the old
 * one or the new one.
 */
export const layerFile = (path: string): Layer.Layer<Checkpoints, never, FileSystem.FileSystem> =>
  Layer.effect(
    Checkpoints,
    Effect.map(FileSystem.FileSystem, (files) => {
      const fail = (operation: "load" | "save") => (error: { readonly message: string }) =>
        new CheckpointError({ operation, message: `cannot ${operation} the checkpoint ${path}: ${error.message}` })
      return Checkpoints.of({
        load: privateFile.read(files, path).pipe(
          Effect.map(Option.some),
          Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone),
          Effect.mapError(fail("load")),
          Effect.flatMap((text) => Effect.transposeOption(Option.map(text, (text) => parse(path, text))))
        ),
        save: (checkpoint) =>
          privateFile
            .replace(files, path, `${encode({ format: 1, ...checkpoint })}\n`)
            .pipe(Effect.mapError(fail("save")))
      })
    })
  )

const parse = (path: string, text: string): Effect.Effect<Checkpoint, CheckpointError> =>
  decode(text).pipe(
    Effect.map(({ listedTo, shards, streamArn, times }) => ({ streamArn, listedTo, shards, times })),
    Effect.mapError(
      () =>
        new CheckpointError({
          operation: "load",
          message:
            `the checkpoint ${path} is not one of ours or is damaged; ` +
            "remove it to read the stream from its beginning (nothing is lost, up to 24 hours are read again)"
        })
    )
  )
