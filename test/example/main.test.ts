/** `npm start`, as a process: in memory, and on the real servers, where it must leave nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import { demonstration } from "../cli/program.ts"
import { describeReal } from "../servers/servers.ts"

const compared = "Compared: all 12 documents are what the 28 rows of the table say"

const tooWide = (text: string, width: number) => text.split("\n").filter((line) => line.length > width)

const post = async (url: string, body: string) => {
  const headers = { "content-type": "application/x-www-form-urlencoded" }
  return (await fetch(url, { method: "POST", headers, body })).text()
}

describe("in memory", () => {
  it.concurrent("shows the day and ends", async () => {
    const { code, stderr, stdout } = await demonstration(["--once", "--embedded"])
    assert.include(stdout, "Running on a table and documents in memory")
    assert.match(stdout, / {2}\+ ORDER#1003 \/ ITEM#2 +\d+ ms\n {2}= orders\/1003 {2}no document for readers\n/)
    assert.match(stdout, /= orders\/1004 {2}found \d+ ms after/)
    assert.include(stdout, compared)
    assert.deepStrictEqual(tooWide(stdout, 100), [])
    assert.deepStrictEqual([code, stderr], [0, ""])
  })

  it.concurrent("keeps to a narrow terminal, and breaks lines between words", async () => {
    const env = { COLUMNS: "80" }
    const { stdout } = await demonstration(["--embedded"], { env, until: (printed) => printed.includes("Ctrl-C ends") })
    assert.deepStrictEqual(tooWide(stdout, 80), [])
    assert.include(
      stdout.replaceAll(/\s+/g, " "),
      "Freya's items are written before their order: readers see nothing until"
    )
  })

  it.concurrent("goes on following, takes a change by the command it prints, and ends by Ctrl-C", async () => {
    let [answer, byAddress, cut] = ["", "", ""]
    const { code, stderr, stdout } = await demonstration(["--embedded"], {
      until: async (printed) => {
        const [, row, url] = /curl -d 'row=([^']+)' -d status=delivered (\S+)/.exec(printed) ?? []
        if (url === undefined) return false
        answer ||= await post(url, `row=${row}&status=delivered`)
        byAddress ||= await post(`${url}/ORDER%231001/DETAILS`, "status=delivered")
        cut ||= await post(`${url}/ORDER#1001/DETAILS`, "status=delivered")
        return printed.includes("orders/1001  delivered")
      }
    })
    assert.include(answer, "ORDER#1001 / DETAILS is changed")
    assert.include(byAddress, "the row says so already")
    assert.include(cut, "an address ends at its #: curl -d 'row=ORDER#1001/DETAILS'")
    assert.include(stdout, "= orders/1001  delivered · by Northline")
    assert.deepStrictEqual([code, stderr], [0, ""])
  })
})

describeReal("on given servers", ({ dynamodbEndpoint, openSearchNode }) => {
  it.concurrent("shows the day, and removes what it made", async () => {
    const { code, stderr, stdout } = await demonstration(["--once"], {
      env: { DYNAMODB_ENDPOINT: dynamodbEndpoint, OPENSEARCH_NODE: openSearchNode }
    })
    assert.include(stdout, compared, stderr)
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
