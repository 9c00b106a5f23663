/**
 * The progress of a scan, kept between runs: of each segment the key after which it goes on. It stands for what was
 * delivered, and what was delivered may not stand here yet, so a lost state costs reading again, never a row.
 *
 * It is a file and not a document in OpenSearch: it needs no further permission or index, works with every sink, and a
 * run that goes on elsewhere needs nothing but a copy of it.
 */
import { Context, Data, Duration, Effect, FileSystem, Layer, Option, Ref, Schema } from "effect"
import type { Attributes } from "../Change.ts"
import * as IsoTime from "../../IsoTime.ts"
import * as privateFile from "../../privateFile.ts"
import { EpochMillis } from "../record/EpochMillis.ts"

const Key = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.String))

/** A place in a segment. */
export const Place = Schema.Union([
  Schema.Literals(["new", "finished"]),
  /** The key of the last row that was delivered; bytes as base64. */
  Schema.Struct({ after: Key })
])

const State = Schema.Struct({
  tableArn: Schema.String,
  /** The target that the rows are written to; a state of something else is of no use. */
  target: Schema.String,
  /** The time at which the scan began, in epoch milliseconds, whatever went between. */
  startedAt: EpochMillis,
  /** The time at which a scan began that wrote to the same and was not gone on with; `null` if there was none. */
  writtenFrom: Schema.NullOr(EpochMillis),
  rows: Schema.Finite,
  segments: Schema.Array(Place)
})
export type Place = typeof Place.Type
export type State = typeof State.Type

/** A scan's table and target, so that a state of another one is not gone on with. */
export interface Scanned extends Pick<State, "tableArn" | "target"> {
  /** The time at which the target was made, in epoch milliseconds; a state from before fills something else. */
  readonly targetMadeAt?: number | undefined
}

/**
 * Each page stands under the time of its own request, so pages that are still to be read are as good as new ones. What
 * the earlier pages wrote is another matter: what was changed, added or removed since is put right by the stream alone,
 * and it tells that to a reader that begins after the scan only for 24 hours. A scan begun anew reads what was changed
 * and added; rows that were removed only a verification finds.
 */
const ageMaxMillis = Duration.toMillis("24 hours")

/** Says why a scan does not go on from a saved state; `undefined` where it does. */
export const staleness = (state: State, { tableArn, target, targetMadeAt }: Scanned, now: number) => {
  if (state.tableArn !== tableArn) return `it is of the table ${state.tableArn}`
  if (state.target !== target)
    return `it was begun ${IsoTime.format(state.startedAt)} for another index, or from another export`
  if (targetMadeAt !== undefined && state.startedAt < targetMadeAt) {
    const made = IsoTime.format(targetMadeAt)
    return `it was begun ${IsoTime.format(state.startedAt)}, before the index was made (${made})`
  }
  if (now - state.startedAt <= ageMaxMillis) return undefined
  return (
    `it was begun ${IsoTime.format(state.startedAt)}, more than a day ago, ` +
    "and the stream no longer tells what was changed since"
  )
}

export class ScanProgressError extends Data.TaggedError("ScanProgressError")<{
  readonly operation: "load" | "save"
  readonly message: string
}> {}

export class ScanProgress extends Context.Service<
  ScanProgress,
  {
    readonly load: Effect.Effect<Option.Option<State>, ScanProgressError>
    /** Replaces what was saved before, wholly or not at all. */
    readonly save: (state: State) => Effect.Effect<void, ScanProgressError>
    /** The scan is through: nothing is left to go on with. */
    readonly clear: Effect.Effect<void, ScanProgressError>
  }
>()("tablefold/source/ScanProgress") {}

/** Forgotten with the process. */
export const layerMemory: Layer.Layer<ScanProgress> = Layer.effect(
  ScanProgress,
  Effect.map(Ref.make(Option.none<State>()), (ref) =>
    ScanProgress.of({
      load: Ref.get(ref),
      save: (state) => Ref.set(ref, Option.some(state)),
      clear: Ref.set(ref, Option.none())
    })
  )
)

const Stored = Schema.fromJsonString(Schema.Struct({ format: Schema.Literal(1), ...State.fields }))
const decode = Schema.decodeUnknownEffect(Stored)
const encode = Schema.encodeSync(Stored)

/** A file of JSON, for one process at a time; removed when the scan is through. */
export const layerFile = (path: string): Layer.Layer<ScanProgress, never, FileSystem.FileSystem> =>
  Layer.effect(
    ScanProgress,
    Effect.map(FileSystem.FileSystem, (files) => {
      const fail = (operation: "load" | "save") => (error: { readonly message: string }) =>
        new ScanProgressError({ operation, message: `cannot ${operation} the state ${path}: ${error.message}` })
      return ScanProgress.of({
        load: privateFile.read(files, path).pipe(
          Effect.map(Option.some),
          Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone),
          Effect.mapError(fail("load")),
          Effect.flatMap((text) => Effect.transposeOption(Option.map(text, (text) => parse(path, text))))
        ),
        save: (state) =>
          Effect.mapError(privateFile.replace(files, path, `${encode({ format: 1, ...state })}\n`), fail("save")),
        clear: Effect.mapError(files.remove(path, { force: true }), fail("save"))
      })
    })
  )

const parse = (path: string, text: string): Effect.Effect<State, ScanProgressError> =>
  Effect.mapBoth(decode(text), {
    onSuccess: ({ rows, segments, startedAt, tableArn, target, writtenFrom }) => ({
      tableArn,
      target,
      startedAt,
      writtenFrom,
      rows,
      segments
    }),
    onFailure: () =>
      new ScanProgressError({
        operation: "load",
        message: `the state ${path} is not one of ours or is damaged; remove it to begin anew`
      })
  })

/** A row's key in the form in which it is kept. */
export const keep = (key: Attributes): typeof Key.Type =>
  Object.fromEntries(
    Object.entries(key).map(([name, value]) => [
      name,
      "B" in value && typeof value.B !== "string"
        ? { B: Buffer.from(value.B).toString("base64") }
        : (value as { readonly [type: string]: string })
    ])
  )

/** The place where a segment goes on. */
export const startOf = (segment: State["segments"][number]): Attributes | undefined =>
  typeof segment === "string" ? undefined : (segment.after as unknown as Attributes)
