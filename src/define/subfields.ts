/** Subfields (`fields` in a mapping): an index keeps those that its definition does not name. */
import type { Description } from "./Definition.ts"
import type { FieldMapping, Properties } from "./Mapping.ts"

/** A description with the subfields of another one added to the fields that both map to one type. */
export const withSubfieldsOf = (description: Description, other: Description): Description => ({
  ...description,
  properties: merge(description.properties, other.properties)
})

const merge = (own: Properties, others: Properties): Properties =>
  Object.fromEntries(
    Object.entries(own).map(([name, mapping]) => {
      const other = Object.hasOwn(others, name) ? others[name]! : {}
      return [name, mapping["type"] === other["type"] ? merged(mapping, other) : mapping]
    })
  )

const merged = (own: FieldMapping, other: FieldMapping): FieldMapping => {
  const { fields, properties, ...rest } = own as Nested
  const { fields: otherFields, properties: otherProperties = {} } = other as Nested
  return {
    ...rest,
    ...(fields === undefined && otherFields === undefined ? {} : { fields: { ...otherFields, ...fields } }),
    ...(properties === undefined ? {} : { properties: merge(properties, otherProperties) })
  }
}

interface Nested {
  readonly fields?: Properties
  readonly properties?: Properties
}
