/**
 * The names of a document's fields that the definition declares: they may be reported, while any other may be row data.
 */
import * as Definition from "../../define/Definition.ts"
import type { Properties } from "../../define/Mapping.ts"
import { memo } from "../../memo.ts"
import type { Shape } from "../../define/Shape.ts"
import * as source from "../../fold/source.ts"

/** Paths of declared fields, as OpenSearch names them: `items.price`. */
export type FieldNames = ReadonlySet<string>

export const none: FieldNames = new Set()

/** The fields of an aggregate's documents, those of its sync state and of multi-fields included. */
export const of: (shape: Shape) => FieldNames = memo(
  ({ aggregate }: Shape) => new Set(pathsOf(Definition.of(aggregate).description.properties, ""))
)

const pathsOf = (properties: Properties, above: string): ReadonlyArray<string> =>
  Object.entries(properties).flatMap(([name, mapping]) => {
    const path = `${above}${name}`
    const inner = [mapping["properties"], mapping["fields"]] as ReadonlyArray<Properties | undefined>
    return [path, ...inner.flatMap((below) => pathsOf(below ?? {}, `${path}.`))]
  })

/** A field's name as it may be reported: as far as it is declared, as readers know it, and "…" for the rest. */
export const tellable = (names: FieldNames, path: string): string => {
  const readable = source.readable(path)
  if (names.has(readable)) return readable
  for (let end = readable.lastIndexOf("."); end > 0; end = readable.lastIndexOf(".", end - 1)) {
    if (names.has(readable.slice(0, end))) return `${readable.slice(0, end)}.…`
  }
  return "…"
}
