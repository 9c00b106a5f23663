/** The table of answers as a real OpenSearch gives them, for each kind that one server alone can be brought to. */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as answer from "../../../src/sink/opensearch/answer.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"

describeReal("what a real OpenSearch answers", ({ openSearchNode }) => {
  const run = `answers${randomInt(2 ** 31)}`
  afterAll(() => drop(openSearchNode, run))
  const request = async (method: string, path: string, body: unknown = undefined) => {
    const response = await fetch(`${openSearchNode}/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
    return { status: response.status, text: await response.text() }
  }
  const verdictOn = async (path: string, body: string): Promise<answer.Verdict> => {
    const { status, text } = await request("POST", path, body)
    const verdict = answer.ofResponse(status, text)
    return verdict._tag === "Accepted" ? answer.ofItem(answer.itemsOf(text, 1)![0]!) : verdict
  }
  const write = (source: object, id = "1") => `${JSON.stringify({ create: { _id: id } })}\n${JSON.stringify(source)}\n`
  const properties = {
    term: { type: "keyword" },
    wild: { type: "wildcard" },
    rows: { type: "nested" },
    n: { type: "byte" }
  }
  const made = async (name: string, body: object) => {
    const index = `${run}-${name}`
    assert.strictEqual((await request("PUT", `${index}?wait_for_active_shards=0`, body)).status, 200)
    return index
  }

  it.each<[string, string, answer.Verdict["_tag"], RegExp]>([
    ["a term that is too long", write({ term: "x".repeat(40_000) }), "Refused", /immense term/],
    ["a value of doc values that is too long", write({ wild: "x".repeat(40_000) }), "Refused", /is too large/],
    ["a number out of range", write({ n: 1000 }), "Refused", /out of range for a byte/],
    ["too many nested objects", write({ rows: [{}, {}, {}] }), "Refused", /nested_objects.limit/],
    ["a document that is no JSON", write({}).replace("{}", "{x}"), "Refused", /mapper_parsing_exception/],
    ["an id that is too long", write({}, "x".repeat(600)), "Refused", /is too long/],
    ["an action that nobody knows", `{"write":{}}\n{}\n`, "Blocked", /Malformed action/],
    ["a request that is cut off", write({}).slice(0, -1), "Blocked", /must be terminated by a newline/],
    ["a request of no action", "\n", "Blocked", /400/],
    ["a request that is no JSON", "a page\n{}\n", "Blocked", /whatever the document/]
  ])("to %s", async (what, body, tag, words) => {
    const index = await made(`one${randomInt(2 ** 31)}`, {
      mappings: { dynamic: false, properties },
      settings: { "index.mapping.nested_objects.limit": 2 }
    })
    const verdict = await verdictOn(`${index}/_bulk`, body)
    assert.strictEqual(verdict._tag, tag, what)
    assert.match(JSON.stringify(verdict), words)
    await request("DELETE", index)
  })

  it.each<[string, object, answer.Verdict["_tag"], RegExp]>([
    ["has blocked writes", { settings: { "index.blocks.write": true } }, "Transient", /blocked by/],
    [
      "has no place",
      { settings: { "index.routing.allocation.require.x": "none" } },
      "Transient",
      /shard is not active/
    ],
    ["wants a routing", { mappings: { _routing: { required: true } } }, "Blocked", /routing is required/],
    ["is strict", { mappings: { dynamic: "strict" } }, "Blocked", /mapping set to strict/],
    [
      "is full of fields",
      { mappings: { properties: { a: { type: "long" } } }, settings: { "index.mapping.total_fields.limit": 1 } },
      "Blocked",
      /Limit of total fields/
    ],
    ["has another mapping", { mappings: { properties: { secret: { type: "object" } } } }, "Refused", /as object/]
  ])("for an index that %s", async (_, body, tag, words) => {
    const index = await made(`index${randomInt(2 ** 31)}`, body)
    const verdict = await verdictOn(`${index}/_bulk?timeout=2s`, write({ secret: "4111" }))
    assert.strictEqual(verdict._tag, tag)
    assert.match(JSON.stringify(verdict), words)
    assert.notInclude(JSON.stringify(verdict), "4111")
    await request("DELETE", index)
  })

  it("for an index that is closed, and for aliases of two indices or none", async () => {
    const alias = `${run}-alias`
    const indices = [await made("a", { aliases: { [alias]: {} } }), await made("b", { aliases: { [alias]: {} } })]
    const both = await verdictOn(`${alias}/_bulk?require_alias=true`, write({}))
    assert.strictEqual(both._tag, "Blocked")
    assert.match(JSON.stringify(both), /take it off every other index/)
    const { text } = await request("POST", `${alias}/_mget`, { ids: ["1"] })
    assert.strictEqual(answer.unread(answer.docsOf(text, 1)!)?._tag, "Blocked")
    assert.strictEqual((await verdictOn(`${alias}x/_bulk?require_alias=true`, write({})))._tag, "IndexMissing")
    await request("POST", `${indices[0]}/_close`)
    const closed = await verdictOn(`${indices[0]}/_bulk`, write({}))
    assert.strictEqual(closed._tag, "Blocked")
    assert.match(JSON.stringify(closed), /open it/)
  })
})
