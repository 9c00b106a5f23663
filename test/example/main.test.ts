/** `npm start`, as a process: in memory, and on the real servers, where it must leave nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import { demonstration } from "../cli/program.ts"
import { describeReal } from "../servers/servers.ts"

const compared = "Compared: all 12 documents are what the 28 rows of the table say"

describe("in memory", () => {
  it.concurrent("shows the day and ends", async () => {
    const { code, stderr, stdout } = await demonstration(["--once", "--embedded"])
    assert.include(stdout, "Running on a table and documents in memory")
    assert.match(stdout, / {2}\+ ORDER#1003 \/ ITEM#2 +\d+ ms\n {2}= orders\/1003 {2}no document for readers\n/)
    assert.match(stdout, /= orders\/1004 {2}found \d+ ms after/)
    assert.include(stdout, compared)
    assert.deepStrictEqual(
      stdout.split("\n").filter((line) => line.length > 100),
      []
    )
    assert.deepStrictEqual([code, stderr], [0, ""])
  })

  it.concurrent("goes on following, takes a change by the command it prints, and ends by Ctrl-C", async () => {
    let answer = ""
    const { code, stderr, stdout } = await demonstration(["--embedded"], {
      until: async (printed) => {
        const url = /curl -d status=delivered "([^"]+)"/.exec(printed)?.[1]
        if (url === undefined) return false
        const body = new URLSearchParams({ status: "delivered" })
        answer ||= await (await fetch(url, { method: "POST", body })).text()
        return printed.includes("orders/1001  delivered")
      }
    })
    assert.include(answer, "ORDER#1001 / DETAILS is changed")
    assert.include(stdout, "= orders/1001  delivered · by Northline")
    assert.deepStrictEqual([code, stderr], [0, ""])
  })
})

describeReal("on given servers", ({ dynamodbEndpoint, openSearchNode }) => {
  it.concurrent("shows the day, and removes what it made", async () => {
    const { code, stderr, stdout } = await demonstration(["--once"], {
      env: { DYNAMODB_ENDPOINT: dynamodbEndpoint, OPENSEARCH_NODE: openSearchNode }
    })
    assert.include(stdout, compared)
    assert.deepStrictEqual([code, stderr], [0, ""])
    const [, prefix = ""] = /the indices (shop-\w+-)\*/.exec(stdout) ?? []
    assert.match(prefix, /^shop-/)
    const left = await fetch(`${openSearchNode}/_cat/indices/${prefix}*?h=index`)
    assert.strictEqual(await left.text(), "")
  })

  it.concurrent("says that a given server is not there", async () => {
    const { code, stderr } = await demonstration(["--once"], {
      env: { DYNAMODB_ENDPOINT: "http://127.0.0.1:1", OPENSEARCH_NODE: openSearchNode }
    })
    assert.include(stderr, "can't be made at http://127.0.0.1:1")
    assert.include(stderr, "check DYNAMODB_ENDPOINT")
    assert.strictEqual(code, 1)
  })
})
