/** `npm start`, as a process: in memory, and on the real servers, where it must leave nothing behind. */
import { assert, describe, it } from "@effect/vitest"
import { demonstration } from "../cli/program.ts"
import { DevPage } from "../dev/DevPage.ts"
import { describeReal } from "../servers/servers.ts"

const compared = "Compared: all 12 documents are what the 28 rows of the table say"

const tooWide = (text: string, width: number) => text.split("\n").filter((line) => line.length > width)

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
    const { stdout } = await demonstration(["--once", "--embedded"], { env: { COLUMNS: "80" } })
    assert.deepStrictEqual(tooWide(stdout, 80), [])
    assert.include(
      stdout.replaceAll(/\s+/g, " "),
      "Freya's items are written before their order: readers see nothing until"
    )
  })

  it.concurrent("shows the day on a page, takes a change there, and ends by Ctrl-C", async () => {
    let page: DevPage | undefined
    const { code, stderr } = await demonstration(["--embedded"], {
      until: async (_, stderr) => {
        const [, address] = /Look at (\S+)/.exec(stderr) ?? []
        if (address === undefined) return false
        page ??= await DevPage.open(address)
        await page.until(() => page!.document("orders", "1006") !== undefined)
        const { rows } = page
        const row = [...rows.values()].find(({ partition, sort }) => partition === "ORDER#1001" && sort === "DETAILS")!
        await page.edit({ _tag: "Raw", item: { ...row.item, status: { S: "returned" } } })
        await page.until(() => page!.document("orders", "1001")?.["status"] === "returned")
        const proof = await page.prove()
        assert.isTrue(proof.isRight, proof.message)
        page.close()
        return true
      }
    })
    assert.strictEqual(code, 0, stderr)
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
