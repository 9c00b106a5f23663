/**
 * The tables and indices that `dev` made, in a file: nothing else is ever written to or deleted. A mark holds what
 * tells one of them from another of its name: the time at which it was made, or its id.
 */
import { Effect, FileSystem, Schema } from "effect"
import * as privateFile from "../privateFile.ts"
import { Failure } from "../cli/Failure.ts"

const Stored = Schema.fromJsonString(
  Schema.Struct({ format: Schema.Literal(1), made: Schema.Record(Schema.String, Schema.String) })
)

export interface Marks {
  readonly has: (what: string, identity: string) => boolean
  readonly add: (what: string, identity: string) => Effect.Effect<void, Failure>
  readonly remove: (what: string) => Effect.Effect<void, Failure>
}

/** Reads the marks of a folder, or begins with none. */
export const open = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<Marks, Failure, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const fail = (error: { readonly message: string }) =>
    new Failure({ message: `${path} can't be used: ${error.message}` })
  const text = yield* privateFile.read(files, path).pipe(
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed('{"format":1,"made":{}}')),
    Effect.mapError(fail)
  )
  const { made: before } = yield* Effect.mapError(Schema.decodeUnknownEffect(Stored)(text), () =>
    fail({ message: "it is not one of tablefold; remove the folder to begin anew" })
  )
  const made = new Map(Object.entries(before))
  const save = Effect.suspend(() =>
    privateFile.replace(files, path, `${JSON.stringify({ format: 1, made: Object.fromEntries(made) })}\n`)
  ).pipe(Effect.mapError(fail))
  return {
    has: (what, identity) => made.get(what) === identity,
    add: (what, identity) => Effect.suspend(() => (made.set(what, identity), save)),
    remove: (what) => Effect.suspend(() => (made.delete(what), save))
  }
})
