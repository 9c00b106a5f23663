/**
 * What an answer of OpenSearch means. Decided by the error's type and text where the status says too little: a 403 is a
 * wrong configuration or a full disk, a 400 can be an overloaded server in disguise. Pure; the table is in the test.
 */
export type Verdict =
  | { readonly _tag: "Accepted" }
  /** Somebody else wrote the document first. */
  | { readonly _tag: "Conflict" }
  /** The same again later may succeed. */
  | { readonly _tag: "Transient"; readonly reason: string }
  | { readonly _tag: "IndexMissing"; readonly reason: string }
  | { readonly _tag: "TooLarge"; readonly reason: string; readonly type?: string | undefined }
  /** The document can't be taken as it is; `type` is the server's own word for why. */
  | { readonly _tag: "Refused"; readonly reason: string; readonly type?: string | undefined }
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

/** What one item of a bulk answer means. What was written has a sequence number, whatever the status says. */
export const ofItem = (item: Item): Verdict => {
  const { _seq_no: seqNo = -1, error, result, status } = item
  if (status === 200 || status === 201) return result !== "noop" && seqNo >= 0 ? accepted : dropped
  if (status === 409) return conflict
  const types = typesOf(error)
  if (types.length === 0 && status === 400) return { _tag: "Refused", reason: textOf(error, status) }
  return ofError(status, types, textOf(error, status))
}

const dropped: Verdict = {
  _tag: "Blocked",
  reason:
    "the document was not written, though the server answered without an error: an ingest pipeline drops it; set the " +
    "index's default_pipeline and final_pipeline to _none"
}

/** What an answer to a whole request means, by its status and text. */
export const ofResponse = (status: number, text: string): Verdict => {
  if (status >= 200 && status < 300) return accepted
  const body = parse(text)
  const error = isRecord(body) ? body["error"] : undefined
  const reason = error === undefined ? plain(status, text) : textOf(error, status)
  if (status >= 300 && status < 400) {
    return { _tag: "Misconfigured", reason: `it redirects (${status}); give the address it redirects to` }
  }
  // As nginx and Go say it.
  if (status === 400 && error === undefined && /HTTP request (was )?(sent )?to (an )?HTTPS/i.test(text)) {
    return { _tag: "Misconfigured", reason: `it speaks https (${reason}); check OPENSEARCH_NODE` }
  }
  return ofError(status, typesOf(error), reason)
}

const ofError = (status: number, types: ReadonlyArray<string>, reason: string): Trouble => {
  if (types.includes("index_not_found_exception")) return { _tag: "IndexMissing", reason }
  if (types.includes("index_closed_exception")) return { _tag: "Blocked", reason: `${closed} (${status})` }
  if (isAmbiguous(reason)) return { _tag: "Blocked", reason: `${ambiguous}; the server says: ${reason}` }
  if (status === 413 || isOverPressure(reason)) {
    return { _tag: "TooLarge", reason: `${tooLarge}; the server says: ${reason}`, type: types[0] }
  }
  if (status === 429 || status >= 500 || types.some((type) => overloaded.has(type)))
    return { _tag: "Transient", reason }
  if (status === 403 && isPassing(types, reason)) return { _tag: "Transient", reason }
  if (status === 401 || status === 403) return { _tag: "Misconfigured", reason: `${reason}; ${checkAuth}` }
  if (status === 404 || status === 408) return { _tag: "Transient", reason }
  if (isLimitOfDocument(reason))
    return { _tag: "Refused", reason: `${tooManyNested}; the server says: ${reason}`, type: types[0] }
  if (types.some((type) => ofDocument.has(type)) && !isOfIndex(reason)) {
    return { _tag: "Refused", reason, type: types[0] }
  }
  return { _tag: "Blocked", reason: `${notOfDocument}; the server says: ${reason}` }
}

/** The types of errors that are about a document, as OpenSearch 1.3 to 3.8 have them. */
const ofDocument = new Set([
  "mapper_parsing_exception",
  "document_parsing_exception",
  "illegal_argument_exception",
  "action_request_validation_exception",
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
  "invalid_shape_exception",
  "max_bytes_length_exceeded_exception"
])

/** An illegal argument, but not one of the document: a pipeline that is gone, a mapping that grew. */
const isOfIndex = (reason: string): boolean => /pipeline with id|Limit of (total|nested) fields/i.test(reason)

const notOfDocument =
  "the index takes no write as it is set up, whatever the document; check its settings, mapping and aliases, and " +
  "what stands between it and OPENSEARCH_NODE"

const closed = "the index is closed; open it (POST /<index>/_open)"

/** Two indices behind an alias, as when a snapshot was restored under another name with its aliases. */
const isAmbiguous = (reason: string): boolean =>
  /no write index is defined for alias|has more than one ind(ex|ices) associated/.test(reason)

const ambiguous =
  "the generation's private write alias does not lead to one index alone; take it off every other index (an index " +
  "restored from a snapshot under another name brings it along)"

/** Rejected for want of room, as a busy server does, though it has less in all than this one request needs. */
const isOverPressure = (reason: string): boolean => {
  const [, own, max] = /coordinating_operation_bytes=(\d+), max_coordinating_and_primary_bytes=(\d+)/.exec(reason) ?? []
  return own !== undefined && max !== undefined && Number(own) > Number(max)
}

const tooLarge =
  "the document is larger than the server takes in one request; raise its http.max_content_length (a managed domain " +
  "has 10 or 100 MiB by its instance type) or its heap, of which a request may take a tenth, or keep fewer or " +
  "smaller rows in one aggregate, then redrive"

/** Whether a refusal is for the limit on nested objects: it is one of the document, so no row of it is to blame. */
export const isLimitOfDocument = (reason: string): boolean => reason.includes("nested_objects.limit")

const tooManyNested =
  "the rows make more nested objects than one document may have; raise the index's setting " +
  "index.mapping.nested_objects.limit, or keep such rows in aggregates of their own, then redrive"

const checkAuth = "check OPENSEARCH_AUTH, OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD, and what the role may do"

/** A 403 that passes: a full disk, throttling. Security names users and indices, whose names may hold any word. */
const isPassing = (types: ReadonlyArray<string>, reason: string): boolean =>
  types.includes("cluster_block_exception") ||
  (!types.includes("security_exception") && /block|throttl|too many requests/i.test(reason))

/** Seen inside 400s too, as the cause of another error (UpdateHelper.executeScript wraps them). */
const overloaded = new Set([
  "circuit_breaking_exception",
  "rejected_execution_exception",
  "opensearch_rejected_execution_exception",
  "es_rejected_execution_exception",
  "node_not_connected_exception",
  "unavailable_shards_exception"
])

/** The types of an error and of its causes. */
const typesOf = (error: unknown): ReadonlyArray<string> => {
  if (!isRecord(error)) return []
  const own = typeof error["type"] === "string" ? [error["type"]] : []
  return [...own, ...typesOf(error["caused_by"])]
}

/** An error in words: type and reason, of which either may be missing; an old server sends a bare string. */
const textOf = (error: unknown, status: number): string => {
  if (typeof error === "string") return `${error} (${status})`
  if (!isRecord(error)) return `unknown error (${status})`
  const type = typeof error["type"] === "string" ? error["type"] : "unknown"
  const reason = typeof error["reason"] === "string" ? error["reason"] : "no reason given"
  const cause = isRecord(error["caused_by"]) ? error["caused_by"]["reason"] : undefined
  const because = typeof cause === "string" && cause !== reason ? `, caused by: ${withoutQuotes(cause)}` : ""
  return `${type}: ${withoutValues(reason)}${because} (${status})`
}

/** OpenSearch quotes the value it can't take; a message must not carry what rows hold. */
const withoutValues = (reason: string): string =>
  reason
    .replace(/ *Preview of field's value: [^]*$/, "")
    .replace(/ *The prefix of the first immense term is: '[^']*'[.,]*/, "")
    .replaceAll(/(For input string: )"[^]*?"/g, '$1"…"')
    .replaceAll(/(failed to parse date field )\[[^]*?\]( with format)/g, "$1[…]$2")
    .replaceAll(/(Could not parse|Cannot parse|unable to parse|text) '[^]*?'/gi, "$1 '…'")
    .slice(0, 500)
    .trim()

/**
 * The reason of a cause. It quotes the value in one way or another, and the value may hold quotes itself: all from the
 * first opening to the last closing one goes, whatever is between.
 */
const withoutQuotes = (reason: string): string => {
  const format = /^failed to parse date field \[[^]*\] with format (\[[^[\]]*\])$/.exec(reason)?.[1]
  if (format !== undefined) return `failed to parse date field […] with format ${format}`
  return reason
    .replace(/['"[(][^]*['"\])]/, "…")
    .slice(0, 500)
    .trim()
}

/** A proxy or a gateway answers in HTML or not at all. */
const plain = (status: number, text: string): string => {
  const words = text
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 120)
  return words === "" ? `no text (${status})` : `${words} (${status})`
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null

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

/** What it means that a document could not be read, of the first such; `undefined` where all could. */
export const unread = (docs: ReadonlyArray<Found>): Trouble | undefined => {
  const failed = docs.find(({ error }) => error !== undefined)
  return failed && ofError(500, typesOf(failed.error), textOf(failed.error, 500))
}

/** What a failed connection to `node` means: a wrong address or certificate stays wrong, anything else may pass. */
export const ofFailure = (
  message: string,
  node: string
): Extract<Verdict, { readonly _tag: "Misconfigured" | "Transient" }> => {
  if (/ENOTFOUND|ERR_INVALID_URL/.test(message)) {
    return { _tag: "Misconfigured", reason: `there is no such host (${message}); check OPENSEARCH_NODE` }
  }
  if (/certificate|self.signed|unable to (verify|get local)|altnames|CERT_/i.test(message)) {
    const hint = "give its certificate authority in NODE_EXTRA_CA_CERTS, or check the host name in OPENSEARCH_NODE"
    return { _tag: "Misconfigured", reason: `its certificate is not trusted (${message}); ${hint}` }
  }
  if (/wrong version number|EPROTO|Parse Error/i.test(message)) {
    // OpenSSL's words stand between its routine and its source file: `…SSL routines:…:wrong version number:../deps…`
    const words = message.replace(/^[^]*:SSL routines:[^:]*:([^:]*):[^]*$/, "$1")
    const hint = "check whether OPENSEARCH_NODE must be http or https"
    return { _tag: "Misconfigured", reason: `it speaks another protocol (${words}); ${hint}` }
  }
  if (/could not load credentials|Region is missing|CredentialsProvider/i.test(message)) {
    return {
      _tag: "Misconfigured",
      reason: `no AWS credentials were found (${message}); check the role or AWS_PROFILE`
    }
  }
  // A TLS port hangs up on plain HTTP without a word; so does a server that goes down, which passes.
  const isHangUp = node.startsWith("http:") && /socket hang up|ECONNRESET/.test(message)
  return {
    _tag: "Transient",
    reason: isHangUp ? `${message}; if it speaks https, OPENSEARCH_NODE must say so` : message
  }
}
