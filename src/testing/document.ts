import { Option, Result } from "effect"
import type { RowEvent } from "../decode/RowEvent.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import * as Document from "../fold/Document.ts"
import * as Patch from "../fold/Patch.ts"
import * as reading from "../define/reading.ts"
import * as source from "../fold/source.ts"

/**
 * The document that events of one aggregate make, as readers see it; none while its root is absent. It goes without
 * derived fields that can't be computed, as the stored one does. Throws where the events are of several documents.
 */
export const document = <A extends Aggregate.Any>(
  aggregate: A,
  events: Iterable<RowEvent>
): Option.Option<A["Type"]> => {
  const patches = Patch.fromEvents(events)
  const [patch] = patches
  if (patch === undefined) return Option.none()
  if (patches.length > 1 || patch.shape !== Shape.of(aggregate)) {
    const found = patches.map(({ id, shape }) => `${shape.aggregate.name} ${id}`).join(", ")
    throw new Error(`the events are of ${found}; one document of "${aggregate.name}" was asked for`)
  }
  const seen = source.visible(Document.apply(Document.empty(patch), patch))
  if (seen === undefined) return Option.none()
  const found = reading.read(aggregate, JSON.parse(seen.text), seen.notComputed?.fields)
  if (Result.isFailure(found)) throw new Error(found.failure)
  return Option.some(found.success)
}
