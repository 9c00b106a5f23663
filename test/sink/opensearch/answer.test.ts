/** The table of answers, line by line: what came back, and what it means. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as answer from "../../../src/sink/opensearch/answer.ts"
import { index } from "../../../src/testing/deliveries.ts"
import { tooMany } from "./orders.ts"

const error = (type: string, reason: string | null = "because", cause?: unknown) => ({
  type,
  reason,
  ...(cause === undefined ? {} : { caused_by: cause })
})

const immense =
  'Document contains at least one immense term in field="note" (whose UTF8 encoding is longer than the max length ' +
  "32766), all of which were skipped.  Please correct the analyzer to not produce such terms.  The prefix of the " +
  "first immense term is: '[52, 49, 49]...', original message: bytes can be at most 32766 in length; got 40009"

const quoting = (value: string) =>
  error(
    "mapper_parsing_exception",
    `failed to parse field [n] of type [long] in document with id '1'. Preview of field's value: '${value}'`,
    error("illegal_argument_exception", `For input string: "${value}"`)
  )

const fields = new Set(["n", "note", "items", "items.price", "strict"])

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
    [400, error("document_parsing_exception", "[1:9] failed to parse"), "Refused"],
    [400, error("illegal_argument_exception", immense), "Refused"],
    [400, error("illegal_argument_exception", 'DocValuesField "f" is too large, must be <= 32766'), "Refused"],
    [400, error("illegal_argument_exception", tooMany), "Refused"],
    [400, error("illegal_argument_exception", "Value [1] is out of range for a byte"), "Refused"],
    [400, error("json_parse_exception", "Unexpected character"), "Refused"],
    [405, error("mapper_parsing_exception", "failed to parse"), "Blocked"],
    [422, error("mapper_parsing_exception", "failed to parse"), "Blocked"],
    [400, error("illegal_argument_exception", "an argument that nobody knows"), "Blocked"],
    [400, error("illegal_argument_exception", "mapper [a] cannot be changed from type [long] to [text]"), "Blocked"],
    [400, error("illegal_argument_exception", "number of documents in the index cannot exceed 2147483519"), "Blocked"],
    [400, error("action_request_validation_exception", "Validation Failed: 1: no requests added;"), "Blocked"],
    [400, error("some_exception", "failed", error("mapper_parsing_exception", "failed to parse")), "Blocked"],
    // Words of other answers, as the text of a row.
    [400, quoting("no write index is defined for alias [w]"), "Refused"],
    [400, quoting("alias [w] has more than one index associated with it"), "Refused"],
    [400, quoting("coordinating_operation_bytes=9, max_coordinating_and_primary_bytes=1"), "Refused"],
    [400, quoting("pipeline with id [x] does not exist"), "Refused"],
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
    [400, "a bare string", "Blocked"],
    [400, {}, "Blocked"],
    [400, null, "Blocked"],
    [500, "a bare string", "Transient"],
    [413, error("too_large"), "TooLarge"],
    [400, error("mapper_parsing_exception", tooMany), "Refused"]
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

  it("is one of the document where a field that the definition maps as strict holds what it does not name", () => {
    const of = (field: string) =>
      answer.ofItem(
        {
          status: 400,
          error: error(
            "strict_dynamic_mapping_exception",
            `mapping set to strict, dynamic introduction of [secret] within [${field}] is not allowed`
          )
        },
        fields
      )
    assert.deepStrictEqual(of("strict"), {
      _tag: "Refused",
      type: "strict_dynamic_mapping_exception",
      reason:
        "strict_dynamic_mapping_exception: mapping set to strict, dynamic introduction of […] within [strict] is not " +
        "allowed (400)"
    })
    assert.strictEqual(of("_sync.kept.root.strict")._tag, "Refused")
    for (const other of ["_doc", "other"]) {
      assert.strictEqual(of(other)._tag, "Blocked")
      assert.notInclude(JSON.stringify(of(other)), "secret")
    }
  })

  const reasonOf = (error: unknown) =>
    (answer.ofItem({ status: 400, error }, fields) as { readonly reason: string }).reason

  it("has the server's type and the words whose form is known", () => {
    assert.strictEqual(
      reasonOf(quoting("secret")),
      'mapper_parsing_exception: failed to parse field [n] of type [long], caused by: For input string: "…" (400)'
    )
    assert.match(
      reasonOf(error("mapper_parsing_exception", null)),
      /^mapper_parsing_exception: no reason given \(400\)$/
    )
    assert.match(
      reasonOf(error("a_type", "what it says")),
      /whatever the document.*: a_type: the server's words are left/
    )
    assert.match(reasonOf({ reason: "why" }), /unknown: the server's words are left out/)
    assert.match(reasonOf("why"), /unknown: the server's words are left out/)
    assert.match(reasonOf(null), /unknown error \(400\)$/)
    assert.match(reasonOf(error("type with words", "x")), /unknown: /)
  })

  it("names a field as far as the definition declares it", () => {
    const named = (field: string) =>
      reasonOf(error("mapper_parsing_exception", `failed to parse field [${field}] of type [long]`))
    assert.include(named("items.price"), "field [items.price] of type [long]")
    assert.include(named("_sync.kept.parts.items.price"), "field [items.price] of type [long]")
    assert.include(named("items.4111"), "field [items.…] of")
    assert.include(named("4111"), "field […] of")
  })

  it("leaves out the first bytes of a term that is too long", () => {
    const text = reasonOf(error("illegal_argument_exception", immense))
    assert.include(text, 'field="note" (whose UTF8 encoding is longer than the max length 32766)')
    assert.notInclude(text, "52, 49")
  })

  it.prop(
    "has nothing of what an error quotes, wherever it stands",
    [Schema.Array(Schema.String), index(7), index(5)],
    ([texts, place, form]) => {
      const value = `4111-1111${texts.join("4111-1111")}4111-1111`
      const forms = [
        value,
        `failed to parse field [n] of type [${value}]`,
        `failed to parse date field [${value}] with format [strict_date]`,
        `Value [${value}] is out of range for a long`,
        `${value} of type [long] in document`
      ]
      const message = forms[form]!
      const about = [
        error(message, "x"),
        error("a_type", message),
        error("mapper_parsing_exception", message),
        error("mapper_parsing_exception", "failed to parse", error("a_type", message)),
        error("mapper_parsing_exception", "failed to parse", error("a", "b", error("c", message))),
        error("unavailable_shards_exception", `[i][0] primary shard is not active, request: [${message}]`),
        message
      ][place]
      for (const status of [400, 403, 404, 405, 429, 500]) {
        assert.notInclude(JSON.stringify(answer.ofItem({ status, error: about }, fields)), "4111")
        assert.notInclude(JSON.stringify(answer.ofResponse(status, JSON.stringify({ error: about }))), "4111")
        assert.notInclude(JSON.stringify(answer.ofResponse(status, `<html>${message}</html>`)), "4111")
      }
      assert.notInclude(JSON.stringify(answer.unread([{ _id: "1", error: about }])), "4111")
    }
  )
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
    [
      400,
      json("action_request_validation_exception", `Validation Failed: 1: id [${"x".repeat(600)}] is too long`),
      "Refused"
    ],
    [400, json("mapper_parsing_exception"), "Refused"],
    [400, json("illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]"), "Blocked"],
    [400, json("illegal_argument_exception"), "Blocked"],
    [400, json("json_parse_exception"), "Blocked"],
    [400, json("x_content_parse_exception"), "Blocked"],
    [400, '{"message":"bad request"}', "Blocked"],
    [400, "", "Blocked"],
    [417, "", "Blocked"],
    [422, json("mapper_parsing_exception"), "Blocked"],
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
