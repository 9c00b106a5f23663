import * as Mapping from "../define/Mapping.ts"
import { memo } from "../memo.ts"
import type { RowShape } from "../define/Shape.ts"

/** Tells whether a row of this kind is at most one nested object, as it has none inside. */
export const isOneObject = memo(({ schema }: RowShape): boolean => !hasNested(Mapping.propertiesOf(schema)))

const hasNested = (properties: Mapping.Properties): boolean =>
  Object.values(properties).some(
    (mapping) => mapping["type"] === "nested" || hasNested((mapping["properties"] ?? {}) as Mapping.Properties)
  )
