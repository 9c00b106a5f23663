/** The table of answers, line by line: what came back, and what it means. */
import { assert, describe, it } from "@effect/vitest"
import * as answer from "../../../src/sink/opensearch/answer.ts"

const error = (type: string, reason: string | null = "because", cause?: unknown) => ({
  type,
  reason,
  ...(cause === undefined ? {} : { caused_by: cause })
})

describe("an item of a bulk answer", () => {
  const table: ReadonlyArray<readonly [status: number, error: unknown, verdict: answer.Verdict["_tag"]]> = [
    [409, error("version_conflict_engine_exception"), "Conflict"],
    [404, error("index_not_found_exception"), "IndexMissing"],
    [429, error("rejected_execution_exception"), "Transient"],
    [
      429,
      error("cluster_block_exception", "blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage]"),
      "Transient"
    ],
    [500, error("node_not_connected_exception"), "Transient"],
    [
      500,
      error("retry_on_primary_exception", "shard is not in primary mode", error("shard_not_in_primary_mode_exception")),
      "Transient"
    ],
    [500, error("null_pointer_exception", null), "Transient"],
    [503, error("unavailable_shards_exception"), "Transient"],
    [403, error("cluster_block_exception", "blocked by: [FORBIDDEN/8/index write (api)]"), "Transient"],
    [403, error("security_exception", "no permissions for [indices:data/write/bulk[s]]"), "Misconfigured"],
    [403, error("security_exception", "no permissions for [indices:…] and User [name=blocks-writer]"), "Misconfigured"],
    [401, error("security_exception"), "Misconfigured"],
    [400, error("mapper_parsing_exception", "failed to parse"), "Refused"],
    [400, error("illegal_argument_exception", "limit of nested objects"), "Refused"],
    [400, error("illegal_argument_exception", "failed", error("circuit_breaking_exception")), "Transient"],
    [400, error("index_closed_exception", "closed"), "Blocked"],
    [403, error("index_closed_exception", "closed"), "Blocked"],
    [400, error("illegal_argument_exception", "no write index is defined for alias [w]. The write index …"), "Blocked"],
    [
      400,
      error("illegal_argument_exception", "alias [w] has more than one index associated with it [a, b]"),
      "Blocked"
    ],
    [400, error("illegal_argument_exception", "pipeline with id [x] does not exist"), "Blocked"],
    [400, error("illegal_argument_exception", "Limit of total fields [1000] has been exceeded"), "Blocked"],
    [400, error("strict_dynamic_mapping_exception", "dynamic introduction of [a] is not allowed"), "Blocked"],
    [400, error("validation_exception", "`index.append_only.enabled` is enabled for this index"), "Blocked"],
    [400, error("routing_missing_exception", "routing is required for [a]/[1]"), "Blocked"],
    [405, error("some_exception_that_nobody_knows"), "Blocked"],
    [400, "a bare string", "Refused"],
    [400, {}, "Refused"],
    [400, null, "Refused"],
    [500, "a bare string", "Transient"],
    [413, error("too_large"), "TooLarge"],
    [400, error("mapper_parsing_exception", "limit … by changing the [index.mapping.nested_objects.limit]"), "Refused"]
  ]
  it.each(table)("%i %j is %s", (status, error, verdict) => {
    assert.strictEqual(answer.ofItem({ status, error })._tag, verdict)
  })

  it.each<[string, Partial<answer.Item>, answer.Verdict["_tag"]]>([
    ["created", { status: 201, result: "created", _seq_no: 0, _primary_term: 1 }, "Accepted"],
    ["updated", { status: 200, result: "updated", _seq_no: 7, _primary_term: 1 }, "Accepted"],
    ["deleted", { status: 200, result: "deleted", _seq_no: 7, _primary_term: 1 }, "Accepted"],
    ["without a result, by an old server", { status: 200, _seq_no: 7, _primary_term: 1 }, "Accepted"],
    // Seen in OpenSearch 3.8, where an ingest pipeline drops the document.
    ["dropped", { status: 200, result: "noop" }, "Blocked"],
    ["dropped, with the sequence number of nothing", { status: 200, result: "noop", _seq_no: -2 }, "Blocked"],
    ["without a sequence number", { status: 201, result: "created" }, "Blocked"],
    ["with a negative one", { status: 201, result: "created", _seq_no: -1 }, "Blocked"]
  ])("%s, without an error", (_, item, verdict) => {
    const found = answer.ofItem({ status: 200, ...item })
    assert.strictEqual(found._tag, verdict)
    if (verdict === "Blocked") assert.match(JSON.stringify(found), /default_pipeline and final_pipeline/)
  })

  it("names the server's type and reason, and says so where they are missing", () => {
    const reasonOf = (error: unknown) => (answer.ofItem({ status: 400, error }) as { readonly reason: string }).reason
    assert.strictEqual(reasonOf(error("mapper_parsing_exception", "no")), "mapper_parsing_exception: no (400)")
    assert.match(reasonOf(error("a_type", null)), /whatever the document.*: a_type: no reason given \(400\)$/)
    assert.strictEqual(reasonOf({ reason: "why" }), "unknown: why (400)")
    assert.strictEqual(reasonOf(null), "unknown error (400)")
  })

  it("does not repeat the value that the server quotes", () => {
    const secret = "4111-1111"
    const reasons = [
      `failed to parse field [n] of type [long] in document with id 'x'. Preview of field's value: '${secret}'`,
      `For input string: "${secret}"`,
      `failed to parse date field [${secret}] with format [strict_date_optional_time]`
    ]
    for (const reason of reasons) {
      const text = JSON.stringify(answer.ofItem({ status: 400, error: error("t", reason, error("c", reason)) }))
      assert.notInclude(text, secret)
    }
  })

  // Seen in OpenSearch 3.8, each for a field of another type.
  it.each([
    ["failed to parse date field [VALUE] with format [strict_date_optional_time||epoch_millis]", "with format [strict"],
    ["'VALUE' is not an IP string literal.", "is not an IP string literal"],
    ['For input string: "VALUE"', "For input string"],
    ["Failed to parse value [VALUE] as only [true] or [false] are allowed.", "Failed to parse value"],
    ["unsupported symbol [-] in geohash [VALUE]", "unsupported symbol"],
    ["Value [VALUE] is out of range for a long", "is out of range for a long"],
    ["Numeric value (VALUE) out of range of long", "out of range of long"]
  ])("leaves the value out of %j, whatever it holds", (cause, words) => {
    const nasty = `a', b] "c" 4111-1111'. ) } [d] with format [e`
    const quoted = (text: string) => text.replaceAll("VALUE", nasty)
    const reason = quoted(
      "failed to parse field [n] of type [t] in document with id 'x'. Preview of field's value: 'VALUE'"
    )
    const verdict = answer.ofItem({
      status: 400,
      error: error("mapper_parsing_exception", reason, error("c", quoted(cause)))
    })
    assert.deepInclude(verdict, { _tag: "Refused", type: "mapper_parsing_exception" })
    assert.include(JSON.stringify(verdict), words)
    assert.include(JSON.stringify(verdict), "failed to parse field [n] of type [t]")
    for (const part of ["4111", "b]", "[d]", " }"]) assert.notInclude(JSON.stringify(verdict).slice(0, -1), part)
  })

  it("leaves out the first bytes of a term that is too long", () => {
    const reason =
      'Document contains at least one immense term in field="note" (whose UTF8 encoding is longer than the max length ' +
      "32766), all of which were skipped.  Please correct the analyzer to not produce such terms.  The prefix of the " +
      "first immense term is: '[52, 49, 49]...', original message: bytes can be at most 32766 in length; got 40009"
    const text = JSON.stringify(answer.ofItem({ status: 400, error: error("illegal_argument_exception", reason) }))
    assert.include(text, "got 40009")
    assert.include(text, "note")
    assert.notInclude(text, "52, 49")
  })
})

describe("an answer to a whole request", () => {
  const json = (type: string, reason = "because") => JSON.stringify({ error: { type, reason }, status: 1 })
  const pressure = (bytes: number) =>
    "rejected execution of coordinating operation [coordinating_and_primary_bytes=50000000, replica_bytes=0, " +
    `all_bytes=50000000, coordinating_operation_bytes=${bytes}, max_coordinating_and_primary_bytes=51897958]`
  const table: ReadonlyArray<readonly [status: number, text: string, verdict: answer.Verdict["_tag"]]> = [
    [200, "{}", "Accepted"],
    [429, "", "Transient"],
    [429, "<html><body>slow down</body></html>", "Transient"],
    [502, "<html>Bad Gateway</html>", "Transient"],
    [504, "", "Transient"],
    [401, "Unauthorized", "Misconfigured"],
    [403, json("security_exception"), "Misconfigured"],
    [403, '{"message":"The security token included in the request is invalid."}', "Misconfigured"],
    [403, json("cluster_block_exception"), "Transient"],
    [403, "403 Request throttled due to too many requests", "Transient"],
    [404, json("index_not_found_exception"), "IndexMissing"],
    [404, "", "Transient"],
    [413, "<html>Request Entity Too Large</html>", "TooLarge"],
    // Seen in OpenSearch 3.8 with a heap of 512 MiB: busy, and too small for the request whatever else goes on.
    [429, json("rejected_execution_exception", pressure(5_000_000)), "Transient"],
    [429, json("rejected_execution_exception", pressure(60_000_200)), "TooLarge"],
    [400, json("action_request_validation_exception", "Validation Failed: 1: id is too long"), "Refused"],
    [400, "<html><center>The plain HTTP request was sent to HTTPS port</center></html>", "Misconfigured"],
    [400, "Client sent an HTTP request to an HTTPS server.\n", "Misconfigured"],
    [400, json("illegal_argument_exception", "alias [w] has more than one index associated with it"), "Blocked"],
    [400, json("index_closed_exception", "closed"), "Blocked"],
    [400, '{"error":"no handler found for uri [/x] and method [POST]","status":400}', "Blocked"],
    [400, "<html><center>400 Bad Request</center></html>", "Blocked"],
    [405, "", "Blocked"],
    [406, json("media_type_header_exception"), "Blocked"],
    [407, "", "Blocked"],
    [431, "", "Blocked"],
    [301, "", "Misconfigured"]
  ]
  it.each(table)("%i %s is %s", (status, text, verdict) => {
    assert.strictEqual(answer.ofResponse(status, text)._tag, verdict)
  })
})

describe("a bulk answer's items", () => {
  const ok = { index: { status: 200, _seq_no: 1, _primary_term: 1 } }
  it("are those of the actions, in their order", () => {
    const text = JSON.stringify({ errors: true, items: [ok, { create: { status: 409 } }] })
    assert.deepStrictEqual(
      answer.itemsOf(text, 2)?.map(({ status }) => status),
      [200, 409]
    )
  })
  it.each([
    ["short", JSON.stringify({ errors: false, items: [ok] })],
    ["long", JSON.stringify({ errors: false, items: [ok, ok, ok] })],
    ["cut off", JSON.stringify({ errors: false, items: [ok, ok] }).slice(0, -5)],
    ["none", "{}"],
    ["of another form", JSON.stringify({ items: [ok, 3] })],
    ["a page", "<html></html>"]
  ])("are not taken from an answer that is %s", (_, text) => {
    assert.isUndefined(answer.itemsOf(text, 2))
  })
})

describe("a connection that failed", () => {
  it.each([
    ["connect ECONNREFUSED 127.0.0.1:9200", "Transient"],
    ["socket hang up", "Transient"],
    ["Request timed out", "Transient"],
    ["getaddrinfo EAI_AGAIN search", "Transient"],
    ["getaddrinfo ENOTFOUND search", "Misconfigured"],
    ["unable to verify the first certificate", "Misconfigured"],
    ["self-signed certificate in certificate chain", "Misconfigured"],
    ["Hostname/IP does not match certificate's altnames", "Misconfigured"],
    ["write EPROTO wrong version number", "Misconfigured"],
    ["Could not load credentials from any providers", "Misconfigured"]
  ])("with %s is %s", (message, verdict) => {
    assert.strictEqual(answer.ofFailure(message, "http://search:9200")._tag, verdict)
  })
})
