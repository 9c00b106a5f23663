/**
 * Messages of OpenSearch whose form is known, so that it is known where they quote a row. What is reported of a message
 * is the form's own text, with the places filled that can't hold a value; all other messages are not reported. Pure.
 *
 * In a form `…` is whatever the server puts there and is left out, `{n}` a number, `{field}` a field's name, reported
 * as far as it is declared, `{type}` a mapping's type, `{token}` a kind of JSON value, `{index}` names of indices.
 */
import { type FieldNames, tellable } from "./fieldNames.ts"

/** The message as it may be reported; `undefined` where its form is not known. */
export const tell = (message: string, names: FieldNames): string | undefined => {
  const text = withoutMiddle(withoutPlace(message))
  for (const { parts, pattern, places } of forms) {
    const found = pattern.exec(text)
    if (found === null) continue
    const values = found.slice(1).map((value, i) => (places[i] === "{field}" ? tellable(names, value) : value))
    return parts.map((part, i) => part + (values[i] ?? "")).join("")
  }
  return undefined
}

/** A message without the line and column at its start, and without the place in the source at its end. */
export const withoutPlace = (message: string): string =>
  message.replace(/^\[\d+:\d+\] /, "").replace(/\s+at \[Source: [^]*$/, "")

/** A form tells a message by its start and its end; what is between may be a row's whole data. */
const withoutMiddle = (message: string): string =>
  message.length > 4000 ? `${message.slice(0, 2000)}…${message.slice(-2000)}` : message

const types =
  "text|keyword|match_only_text|wildcard|token_count|constant_keyword|version|byte|short|integer|int|long|" +
  "unsigned_long|unsigned long|half_float|float|double|scaled_float|date|date_nanos|boolean|binary|ip|integer_range|" +
  "long_range|float_range|double_range|date_range|ip_range|geo_point|geo_shape|xy_point|xy_shape|rank_feature|" +
  "rank_features|completion|search_as_you_type|flat_object|flattened|nested|object|join|percolator|alias|knn_vector|_id"

const tokens =
  "START_OBJECT|END_OBJECT|START_ARRAY|END_ARRAY|FIELD_NAME|VALUE_STRING|VALUE_NUMBER|VALUE_NUMBER_INT|" +
  "VALUE_NUMBER_FLOAT|VALUE_TRUE|VALUE_FALSE|VALUE_BOOLEAN|VALUE_NULL|VALUE_EMBEDDED_OBJECT"

const placePatterns: { readonly [place: string]: string } = {
  "{n}": "(\\d+)",
  "{field}": '([^\\]"]*)',
  "{type}": `(${types})`,
  "{token}": `(${tokens})`,
  "{format}": "([^\\[\\]]*)",
  "{index}": "([a-z0-9_., -]+)"
}

interface Form {
  readonly pattern: RegExp
  /** The places that are reported, one after each part but the last. */
  readonly places: ReadonlyArray<string>
  readonly parts: ReadonlyArray<string>
}

const formOf = (form: string): Form => {
  const places = [...form.matchAll(/\{\w+\}/g)].map(([place]) => place)
  const parts = form.replace(/(?<! )…$/, "").split(/\{\w+\}/)
  const pattern = form
    .split(/(\{\w+\}|…)/)
    .map((part) => (part === "…" ? "[^]*" : (placePatterns[part] ?? escape(part))))
    .join("")
  return { pattern: new RegExp(`^${pattern}$`), places, parts }
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")

/** Of a document as a whole. */
const ofDocument = [
  "failed to parse",
  "failed to parse field [{field}] of type [{type}]…",
  "failed to parse field [{field}]…",
  "object mapping for [{field}] tried to parse field […] as object, but found a concrete value",
  "mapping set to strict, dynamic introduction of […] within [{field}] is not allowed",
  'Document contains at least one immense term in field="{field}" (whose UTF8 encoding is longer than the max length ' +
    "{n}), all of which were skipped…",
  "bytes can be at most {n} in length; got {n}",
  'DocValuesField "{field}" is too large, must be <= {n}',
  "The number of nested documents has exceeded the allowed limit of [{n}]. This limit can be set by changing the " +
    "[index.mapping.nested_objects.limit] index level setting.",
  "The depth of the nested array field has exceeded the allowed limit of [{n}]. This limit can be set by changing " +
    "the [index.mapping.depth.limit] index level setting.",
  "Document nesting depth ({n}) exceeds the maximum allowed ({n}…",
  "Name length ({n}) exceeds the maximum allowed ({n}…",
  "Number value length ({n}) exceeds the maximum allowed ({n}…",
  "String value length ({n}) exceeds the maximum allowed ({n}…",
  "Duplicate Object property …",
  "Malformed content, found extra data after parsing: {token}",
  "field name cannot be an empty string",
  "field name cannot contain only the character [.]",
  "field name cannot contain only whitespace…",
  "object field starting or ending with a [.] makes object resolution ambiguous…",
  "Cannot write to a field alias [{field}].",
  "Could not dynamically add mapping for field […",
  "Field [{field}] is a metadata field and cannot be added inside a document…",
  "if _id is specified it must not be empty",
  "Validation Failed: 1: id…is too long…"
]

/** Of a value, by the kinds of fields. */
const ofValue = [
  'For input string: "…"…',
  "Value […] is out of range for a {type}",
  "Value […] is out of range for an {type}",
  "Value […] has a decimal part",
  "[{type}] supports only finite values, but got […]",
  "Numeric value (…) out of range of `{type}`…",
  "Numeric value (…) out of range of {type}…",
  "Current token ({token}) not numeric, cannot use numeric value accessors",
  "Current token ({token}) not of boolean type",
  "Can't get text on a {token} at …",
  "Failed to parse value […] as only [true] or [false] are allowed.",
  "failed to parse date field […] with format [{format}]",
  "Failed to parse with all enclosed parsers",
  "date[…] is before the epoch in 1970 and cannot be stored in nanosecond resolution",
  "date[…] is after 2262-04-11T23:47:16.854775807 and cannot be stored in nanosecond resolution",
  "'…' is not an IP string literal.",
  "Expected [ip/prefix] but was […]",
  "error parsing field [{field}], expected an object but got …",
  "error parsing field [{field}], with unknown parameter […]",
  "constant keyword field [{field}] must have a value of […]",
  "constant keyword field [{field}] must have a value",
  "Invalid semantic version format: […]",
  "[{field}] unexpected token [{token}] in flat_object field value",
  "featureValue must be finite, got: …",
  "featureValue must be a positive normal float, got: …",
  "[{type}] fields must be json objects, expected a START_OBJECT but got: {token}",
  "[{type}] fields take hashes that map a feature to a strictly positive float, but got unexpected token {token}",
  "[{type}] fields do not support indexing multiple values for the same…",
  "failed to parse [{field}]: expected text or object, but got {token}",
  "unknown field name […], must be one of [input, weight, contexts]",
  "weight must be an integer, but was […]",
  "contexts field is not supported for field: [{field}]",
  "unknown join name […] for field [{field}]",
  "unknown field name […] in join field [{field}]",
  "[null] expected START_OBJECT or VALUE_STRING but was: {token}",
  "[_na] query malformed, must start with start_object",
  "[…] query malformed, no start_object after query name",
  "unknown query […]",
  "No field mapping can be found for the field with name […]"
]

const ofPlace = [
  "unsupported symbol […] in geohash […]",
  "geo_point expected",
  "type must be Point",
  "numeric value expected",
  "field must be either [lon|lat], [type|coordinates], or [geohash]",
  "[lon] and [lat] must be valid double values",
  "illegal latitude value […] for …",
  "illegal longitude value […] for …",
  "invalid latitude …; must be between -90.0 and 90.0",
  "invalid longitude …; must be between -180.0 and 180.0",
  "Invalid WKT format",
  "invalid number found: …",
  "expected word but found: …",
  "Unknown geometry type: …",
  "Required [type]",
  "shape must be an object consisting of type and coordinates",
  "geo coordinates must be numbers",
  "[geojson] failed to parse field [coordinates]",
  "Failed to build [geojson] after last required field arrived",
  "first and last points of the linear ring must be the same (it must close itself): …"
]

/** Of an index, or of a server that is busy. Requests are quoted here too, and so their documents. */
const ofIndex = [
  "no write index is defined for alias [{index}]…",
  "alias [{index}] has more than one index associated with it [{index}]…",
  "alias [{index}] has more than one indices associated with it [{index}]…",
  "Limit of total fields [{n}] has been exceeded",
  "Limit of nested fields [{n}] has been exceeded",
  "`index.append_only.enabled` is enabled for this index…",
  "routing is required for …",
  "pipeline with id […] does not exist",
  "no handler found for uri …",
  "The bulk request must be terminated by a newline …",
  "Malformed action/metadata line [{n}]…",
  "Validation Failed: 1: no requests added…",
  "[{index}][{n}] primary shard is not active…",
  "No shard available for …",
  "There are no ingest nodes in this cluster, unable to forward request to an ingest node.",
  "shard is not in primary mode",
  "all shards failed",
  "Cannot invoke …",
  "rejected execution of coordinating operation [coordinating_and_primary_bytes={n}, replica_bytes={n}, " +
    "all_bytes={n}, coordinating_operation_bytes={n}, max_coordinating_and_primary_bytes={n}]",
  "rejected execution of …"
]

const forms = [...ofDocument, ...ofValue, ...ofPlace, ...ofIndex].map(formOf)
