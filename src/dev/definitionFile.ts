/** The definition as its file has it, now and each time that it is saved. */
import { Effect, Result, type Scope } from "effect"
import { statSync } from "node:fs"
import type { Failure } from "../cli/Failure.ts"
import { loadTable } from "../cli/loadTable.ts"
import type * as Table from "../define/Table.ts"

export interface DefinitionFile {
  readonly table: Table.Table
  /** Runs for each save: with the table, or with why the file can't be taken. */
  readonly onSave: (
    run: (saved: Result.Result<Table.Table, Failure>) => Effect.Effect<void>
  ) => Effect.Effect<void, never, Scope.Scope>
}

const lookEvery = "200 millis"

let loads = 0

/** Loads it, with all that it imports by relative names. */
export const open = Effect.fnUntraced(function* (path: string): Effect.fn.Return<DefinitionFile, Failure> {
  let files: ReadonlySet<string> = new Set()
  const load = Effect.suspend(() => {
    const version = { number: ++loads, files: new Set<string>() }
    return Effect.ensuring(
      loadTable(path, version),
      // What could not be loaded is looked at as well: it is what will be mended.
      Effect.sync(() => (files = version.files))
    )
  })
  const table = yield* load
  let known = stampOf(files)
  return {
    table,
    onSave: (run) =>
      Effect.gen(function* () {
        const now = stampOf(files)
        if (now === known) return
        // An editor may be in the midst of it.
        yield* Effect.sleep("50 millis")
        const [read, before] = [files, stampOf(files)]
        const saved = yield* Effect.result(load)
        // Saved once more while it was loaded, it is loaded once more.
        known = stampOf(read) === before ? stampOf(files) : ""
        yield* run(saved)
      }).pipe(Effect.andThen(Effect.sleep(lookEvery)), Effect.forever, Effect.forkScoped, Effect.asVoid)
  }
})

/** Times and sizes of files; one that is gone for a moment has none. */
const stampOf = (files: ReadonlySet<string>): string =>
  [...files]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false })
      return `${file} ${stat?.mtimeMs} ${stat?.size} ${stat?.ino}`
    })
    .join("\n")
