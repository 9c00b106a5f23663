/** Annotations by which a schema says its field's form in the index. */

/** A field's mapping as OpenSearch takes it. */
export interface FieldMapping {
  readonly [parameter: string]: unknown
}

export interface Properties {
  readonly [field: string]: FieldMapping
}

/** The name under which a schema carries its mapping. */
export const annotation = "tablefold/mapping"

declare module "effect/Schema" {
  namespace Annotations {
    interface Annotations {
      readonly "tablefold/mapping"?: FieldMapping | undefined
    }
  }
}

/** Gives a field this mapping, word for word: `Schema.String.annotate(Mapping.field({ type: "ip" }))`. */
export const field = (mapping: FieldMapping): { readonly "tablefold/mapping": FieldMapping } => ({
  [annotation]: mapping
})

/** Words: full text only, without the exact value. */
export const text = field({ type: "text" })

/**
 * The exact value only, as strings are by default. A value longer than 8191 characters is stored but not indexed: 8191
 * × 4 bytes stay under Lucene's limit of 32,766 bytes a term, above which OpenSearch refuses the whole document.
 */
export const keyword = field({ type: "keyword", ignore_above: 8191 })

/** The exact value, and full text under the field's name with `.text` after it. */
export const searchable = field({ ...keyword[annotation], fields: { text: { type: "text" } } })

/** A 64-bit integer. */
export const long = field({ type: "long" })

/** A date; without a format, ISO 8601 (also year or year-month alone) or epoch *milliseconds*. */
export const date = (format?: string) => field(format === undefined ? { type: "date" } : { type: "date", format })

/** Kept in the document, in no index structure, as `Schema.Json` is by default; any JSON is taken. */
export const stored = field({ type: "object", enabled: false })

/**
 * A free map whose values are found as exact texts: `{ term: { "labels.red": "on" } }`. OpenSearch 2.7 or newer, which
 * refuses a document with a value, or its path, above Lucene's 32,766 bytes a term.
 */
export const flatObject = field({ type: "flat_object" })

/** An IP address, version 4 or 6, as text: found by the address or by its network, `10.0.0.0/8`. */
export const ip = field({ type: "ip" })

/** A place on the earth: a struct of `lat` and `lon` in degrees, or the text `"41.15,-8.61"`, latitude first. */
export const geoPoint = field({ type: "geo_point" })

/** All between two values: a struct of some of `gte`, `gt`, `lte` and `lt`, whose values are of this type. */
export const range = (of: "integer" | "long" | "float" | "double" | "date" | "ip") => field({ type: `${of}_range` })

/** Texts offered while somebody types, by the completion suggester. */
export const completion = field({ type: "completion" })
