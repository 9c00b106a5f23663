/**
 * The meaning of an answer of OpenSearch. It is decided by the error's type and text where the status says too little:
 * a 403 is a wrong configuration or a full disk, a 400 can be an overloaded server in disguise. Only what is known to
 * be about the document is the document's fault. Pure; the table is in the test.
 */
import * as source from "../../fold/source.ts"
import { type FieldNames, none as noNames } from "./fieldNames.ts"
import { isRecord, pageWords, read, type ServerError, textOf, type Words, withoutValues } from "./serverError.ts"

export type Verdict =
  | { readonly _tag: "Accepted" }
  /** Somebody else wrote the document first. */
  | { readonly _tag: "Conflict" }
  /** The same again later may succeed. */
  | { readonly _tag: "Transient"; readonly reason: string }
  | { readonly _tag: "IndexMissing"; readonly reason: string }
  | { readonly _tag: "TooLarge"; readonly reason: string; readonly type?: string | undefined }
  /** The document can't be taken as it is; `type` is the server's own word for why. */
  | {
      readonly _tag: "Refused"
      readonly reason: string
      readonly type?: string | undefined
      /** Tells whether it has too many nested objects. */
      readonly isLimit?: boolean
    }
  /** The index, or the way to it, takes nothing as it is; the document is not to blame. */
  | { readonly _tag: "Blocked"; readonly reason: string }
  /** Nothing will be taken as things are set up. */
  | { readonly _tag: "Misconfigured"; readonly reason: string }

/** One item of a bulk answer, as far as it is looked at. */
export interface Item {
  readonly status: number
  readonly result?: string
  readonly error?: unknown
  readonly _seq_no?: number
  readonly _primary_term?: number
}

/** A verdict that has words. */
type Trouble = Extract<Verdict, { readonly reason: string }>

/** The words of a verdict, where it has some. */
export const reasonOf = (verdict: Verdict): string | undefined => ("reason" in verdict ? verdict.reason : undefined)

const conflict: Verdict = { _tag: "Conflict" }
const accepted: Verdict = { _tag: "Accepted" }

/**
 * Judges one item of a bulk answer. What was written has a sequence number, whatever the status says. Of the fields
 * whose names may be reported, `fields` has all.
 */
export const ofItem = (item: Item, fields: FieldNames = noNames): Verdict => {
  const { _seq_no: seqNo = -1, error, result, status } = item
  if (status === 200 || status === 201) return result !== "noop" && seqNo >= 0 ? accepted : dropped
  if (status === 409) return conflict
  return ofError(status, read(error, status, withoutValues(fields)), (error) => isOfItem(error, fields))
}

const dropped: Verdict = {
  _tag: "Blocked",
  reason:
    "the document was not written, though the server answered without an error: an ingest pipeline drops it; set the " +
    "index's default_pipeline and final_pipeline to _none"
}

/** The meaning of an answer to a whole request, by its status and text. */
export const ofResponse = (status: number, text: string, words: Words = withoutValues(noNames)): Verdict => {
  if (status >= 200 && status < 300) return accepted
  const body = parse(text)
  const error = isRecord(body) ? body["error"] : undefined
  if (status >= 300 && status < 400) {
    return { _tag: "Misconfigured", reason: `it redirects (${status}); give the address it redirects to` }
  }
  if (error !== undefined) return ofError(status, read(error, status, words), isOfDocument)
  const reason = pageWords(status, text)
  // As nginx and Go say it.
  if (status === 400 && /HTTP request (was )?(sent )?to (an )?HTTPS/i.test(text)) {
    return { _tag: "Misconfigured", reason: `it speaks https (${reason}); check OPENSEARCH_NODE` }
  }
  return ofError(status, { types: [], message: textOf(text), reason }, isOfDocument)
}

/** The verdict on an error. `isRefusal` tells those of a document, of which a 400 may be one. */
const ofError = (status: number, error: ServerError, isRefusal: (error: ServerError) => boolean): Trouble => {
  const { reason, types } = error
  const [type] = types
  if (types.includes("index_not_found_exception")) return { _tag: "IndexMissing", reason }
  if (types.includes("index_closed_exception")) return { _tag: "Blocked", reason: `${closed} (${status})` }
  if (isAmbiguous(error)) return { _tag: "Blocked", reason: `${ambiguous}; the server says: ${reason}` }
  if (status === 413 || isOverPressure(error)) {
    return { _tag: "TooLarge", reason: `${tooLarge}; the server says: ${reason}`, type }
  }
  if (status === 429 || status >= 500 || types.some((type) => overloaded.has(type)))
    return { _tag: "Transient", reason }
  if (status === 403 && isPassing(error)) return { _tag: "Transient", reason }
  if (status === 401 || status === 403) return { _tag: "Misconfigured", reason: `${reason}; ${checkAuth}` }
  if (status === 404 || status === 408) return { _tag: "Transient", reason }
  if (status !== 400 || !isRefusal(error)) {
    return { _tag: "Blocked", reason: `${notOfDocument}; the server says: ${reason}` }
  }
  return isTooManyNested(error)
    ? { _tag: "Refused", reason: `${tooManyNested}; the server says: ${reason}`, type, isLimit: true }
    : { _tag: "Refused", reason, type }
}

/** Types that are about a document wherever they stand, as OpenSearch 1.3 to 3.8 have them. */
const ofDocument = new Set([
  "mapper_parsing_exception",
  "document_parsing_exception",
  "max_bytes_length_exceeded_exception"
])

/** Types that are about the document where they stand in its item; of a whole request they are about its form. */
const ofContent = new Set([
  "parse_exception",
  "parsing_exception",
  "x_content_parse_exception",
  "xcontent_parse_exception",
  "json_parse_exception",
  "json_e_o_f_exception",
  "stream_constraints_exception",
  "input_coercion_exception",
  "number_format_exception",
  "date_time_exception",
  "date_time_parse_exception",
  "invalid_shape_exception"
])

/** Beginnings of messages that are about a document, of types that are about many things. */
const ofDocumentBySaying: { readonly [type: string]: ReadonlyArray<RegExp> } = {
  illegal_argument_exception: [
    /^Document contains at least one immense term in field=/,
    /^DocValuesField "[^"]*" is too large, must be <= /,
    /^The number of nested documents has exceeded the allowed limit/,
    /^The depth of the (nested array )?field has exceeded the allowed limit/,
    /^(Value \[|Numeric value \()[^]*[\])] (is )?out of range /,
    /^(object )?field (name cannot |starting or ending with a \[\.\])/,
    /^id (\[[^]*\] )?is too long/
  ],
  action_request_validation_exception: [/^Validation Failed: 1: id (\[[^]*\] )?is too long/]
}

const isOfDocument = ({ message, types: [type = ""] }: ServerError): boolean =>
  ofDocument.has(type) ||
  (Object.hasOwn(ofDocumentBySaying, type) && ofDocumentBySaying[type]!.some((said) => said.test(message)))

const isOfItem = (error: ServerError, fields: FieldNames): boolean =>
  isOfDocument(error) || ofContent.has(error.types[0] ?? "") || isOfStrictField(error, fields)

/** An attribute that a field of the definition's own, mapped with `dynamic: "strict"`, does not name. */
const isOfStrictField = ({ message, types: [type] }: ServerError, fields: FieldNames): boolean => {
  if (type !== "strict_dynamic_mapping_exception") return false
  const within = /within \[([^\]]*)\] is not allowed$/.exec(message)?.[1]
  return within !== undefined && fields.has(source.readable(within))
}

const notOfDocument =
  "the index takes no write as it is set up, whatever the document; check its settings, mapping and aliases, and " +
  "what stands between it and OPENSEARCH_NODE"

const closed = "the index is closed; open it (POST /<index>/_open)"

/** Two indices behind an alias, as when a snapshot was restored under another name with its aliases. */
const isAmbiguous = ({ message, types: [type] }: ServerError): boolean =>
  type === "illegal_argument_exception" &&
  /^(no write index is defined for alias|alias \[[^\]]*\] has more than one ind(ex|ices) associated)/i.test(message)

const ambiguous =
  "the generation's private write alias does not lead to one index alone; take it off every other index (an index " +
  "restored from a snapshot under another name brings it along)"

/** Rejected for want of room, as a busy server does, though it has less in all than this one request needs. */
const isOverPressure = ({ message, types }: ServerError): boolean => {
  if (!types.some((type) => overloaded.has(type))) return false
  const [, own, max] =
    /coordinating_operation_bytes=(\d+), max_coordinating_and_primary_bytes=(\d+)/.exec(message) ?? []
  return own !== undefined && max !== undefined && Number(own) > Number(max)
}

const tooLarge =
  "the document is larger than the server takes in one request; raise its http.max_content_length (a managed domain " +
  "has 10 or 100 MiB by its instance type) or its heap, of which a request may take a tenth, or keep fewer or " +
  "smaller rows in one aggregate, then redrive"

/** The limit on nested objects is one of the document, so no row of it is to blame. */
const isTooManyNested = ({ message }: ServerError): boolean =>
  message.startsWith("The number of nested documents has exceeded the allowed limit")

const tooManyNested =
  "the rows make more nested objects than one document may have; raise the index's setting " +
  "index.mapping.nested_objects.limit, or keep such rows in aggregates of their own, then redrive"

const checkAuth =
  "check OPENSEARCH_AUTH, OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD, or OPENSEARCH_SECRET, and what the role may do"

/** A 403 that passes: a full disk, throttling. Security names users and indices, whose names may hold any word. */
const isPassing = ({ message, types }: ServerError): boolean =>
  types.includes("cluster_block_exception") ||
  (!types.includes("security_exception") && /block|throttl|too many requests/i.test(message))

/** Seen inside 400s too, as the cause of another error (UpdateHelper.executeScript wraps them). */
const overloaded = new Set([
  "circuit_breaking_exception",
  "rejected_execution_exception",
  "opensearch_rejected_execution_exception",
  "es_rejected_execution_exception",
  "node_not_connected_exception",
  "unavailable_shards_exception"
])

/** JSON, or `undefined` for what is none: a proxy's page, an answer cut off. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The items of a bulk answer, in the order of the actions; `undefined` where it is cut off or short. */
export const itemsOf = (text: string, actions: number): ReadonlyArray<Item> | undefined => {
  const body = parse(text)
  const items = isRecord(body) ? body["items"] : undefined
  if (!Array.isArray(items) || items.length !== actions) return undefined
  const inner = items.map((item) => (isRecord(item) ? Object.values(item)[0] : undefined))
  return inner.every(isItem) ? inner : undefined
}

const isItem = (value: unknown): value is Item => isRecord(value) && typeof value["status"] === "number"

/** A document as it is asked for by its id, as far as it is looked at. */
export interface Found {
  readonly _id: string
  readonly found?: boolean
  readonly _seq_no?: number
  readonly _primary_term?: number
  readonly _source?: unknown
  readonly error?: unknown
}

/** The documents of an answer to `_mget`, in the order of the ids; `undefined` where it is cut off or short. */
export const docsOf = (text: string, ids: number): ReadonlyArray<Found> | undefined => {
  const docs = (parse(text) as { readonly docs?: ReadonlyArray<Found> } | undefined)?.docs
  return docs?.length === ids ? docs : undefined
}

/** The trouble with the first document that could not be read; `undefined` where all could. */
export const unread = (docs: ReadonlyArray<Found>): Trouble | undefined => {
  const failed = docs.find(({ error }) => error !== undefined)
  return failed && ofError(500, read(failed.error, 500, withoutValues(noNames)), isOfDocument)
}
