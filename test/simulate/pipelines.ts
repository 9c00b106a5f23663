/** Ingest pipelines of the simulated OpenSearch, with the processors that take something away: `drop` and `remove`. */
import { removeAt } from "./removeAt.ts"
import { type Failure, failure } from "./serverErrors.ts"

interface Processor {
  readonly drop?: unknown
  readonly remove?: { readonly field: string; readonly ignore_missing?: boolean }
}

export type Piped =
  | { readonly _tag: "Passed"; readonly text: string }
  | { readonly _tag: "Dropped" }
  | { readonly _tag: "Failed"; readonly failure: Failure }

export class Pipelines {
  private readonly byId = new Map<string, ReadonlyArray<Processor>>()

  put(id: string, processors: ReadonlyArray<Processor>): void {
    this.byId.set(id, processors)
  }

  /** Takes a document through the pipelines that the settings of its index name. */
  run(settings: ReadonlyMap<string, unknown>, text: string): Piped {
    let passed: Piped = { _tag: "Passed", text }
    for (const name of ["index.default_pipeline", "index.final_pipeline"]) {
      const id = settings.get(name)
      if (typeof id !== "string" || id === "_none") continue
      passed = this.through(id, passed.text)
      if (passed._tag !== "Passed") return passed
    }
    return passed
  }

  private through(id: string, text: string): Piped {
    const processors = this.byId.get(id)
    if (processors === undefined) return failed(`pipeline with id [${id}] does not exist`)
    const document = JSON.parse(text)
    for (const { drop, remove } of processors) {
      if (drop !== undefined) return { _tag: "Dropped" }
      const isRemoved = remove === undefined || removeAt(document, remove.field.split("."))
      if (!isRemoved && remove.ignore_missing !== true) return failed(`field [${remove.field}] doesn't exist`)
    }
    return { _tag: "Passed", text: JSON.stringify(document) }
  }
}

const failed = (reason: string): Piped => ({
  _tag: "Failed",
  failure: failure(400, "illegal_argument_exception", reason)
})
