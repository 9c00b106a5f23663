/** Documents that wait to be looked at again. */
import type { DocumentRef } from "../define/DocumentRef.ts"
import type * as Shape from "../define/Shape.ts"

/** Documents to be looked at again, each once. */
export class CandidateSet {
  private readonly byShape = new Map<Shape.Shape, Map<string, DocumentRef>>()
  size = 0

  add({ id, longKey, shape }: DocumentRef): void {
    const known = this.byShape.get(shape) ?? new Map<string, DocumentRef>()
    this.byShape.set(shape, known)
    if (!known.has(id)) this.size++
    // A document that can't be read does not say its key; a row of it does.
    known.set(id, { shape, id, longKey: longKey ?? known.get(id)?.longKey })
  }

  /** All of them; none is left. */
  take(): ReadonlyArray<DocumentRef> {
    const all = [...this.byShape.values()].flatMap((known) => [...known.values()])
    this.byShape.clear()
    this.size = 0
    return all
  }
}
