/** `tablefold dev` on real servers of its own, and on given ones: what is broken is right again, and what is kept stays. */
import { assert, describe, it } from "@effect/vitest"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type * as requests from "../../../src/console/requests.ts"
import { type Dev, DevPage, item, makeFolder, orders, start } from "../../dev/DevPage.ts"
import { describeReal } from "../../servers/servers.ts"

const root = (orderId: string, status: string): requests.EditRequest => {
  return { _tag: "Typed", aggregate: "orders", field: "", key: { orderId }, values: { status } }
}

const makeDefinition = async () => {
  const folder = await makeFolder()
  await writeFile(join(folder, "item.ts"), item())
  await writeFile(join(folder, "table.ts"), orders())
  return folder
}

describe("dev on servers of its own", () => {
  let folder = ""
  let dev: Dev
  let page: DevPage
  const begin = async (...args: ReadonlyArray<string>) => {
    dev = await start(folder, args)
    page = await DevPage.open(dev.address)
  }
  const end = async () => {
    page.close()
    assert.strictEqual(await dev.end(), 130, dev.printed())
  }
  beforeAll(async () => {
    folder = await makeDefinition()
    await begin()
  })
  afterAll(async () => {
    await end()
    await rm(folder, { recursive: true })
  })

  /** As OpenSearch itself has it. */
  const stored = async (alias: string, id: string) => {
    const [node] = /http:\S+/.exec(page.hello!.searchTitle) ?? []
    const answer = (await (await fetch(`${node}/${alias}/_doc/${id}`)).json()) as { readonly _source?: object }
    return answer._source
  }

  it("makes a document of a row that is put, in the page and in OpenSearch, and finds it", async () => {
    assert.match(page.hello!.tableTitle, /^DynamoDB Local at /)
    await page.edit(root("1", "new"))
    await page.until(() => page.document("orders", "1")?.["status"] === "new")
    assert.deepInclude(await stored("orders", "1"), { status: "new", items: [] })
    await page.until(() => typeof page.documents.get("orders/1")?.found === "number")
    assert.isBelow(page.documents.get("orders/1")!.found!, 5000)
    let found: requests.SearchAnswer | undefined
    for (let tries = 0; tries < 50 && found?.total !== 1; tries++) {
      found = await page.ask<requests.SearchAnswer>("search", { aggregate: "orders", query: "status:new" })
    }
    assert.deepStrictEqual(found?.hits[0]?.document, { status: "new", items: [] })
    await page.until(() => page.state!.generations.some(({ alias, live }) => alias === "orders" && live === 1))
  })

  it("shows a document of 300 kB and values that are markup as they are", async () => {
    const status = "<script>alert(1)</script>\u0000\u202e"
    const note = "x".repeat(300_000)
    await page.edit({ _tag: "Raw", item: { PK: { S: "ORDER#<b>" }, SK: { S: "DETAILS" }, status: { S: status } } })
    await page.until(() => page.document("orders", "<b>")?.["status"] === status)
    const values = { product: note, quantity: 1 }
    await page.edit({ _tag: "Typed", aggregate: "orders", field: "items", key: { orderId: "<b>", n: "1" }, values })
    await page.until(() => JSON.stringify(page.document("orders", "<b>")).includes(note))
  })

  const breaks: ReadonlyArray<requests.BreakRequest> = [
    { _tag: "DeliverAgain" },
    { _tag: "DeliverReversed" },
    { _tag: "DeliverFromTenLanes" },
    { _tag: "RefuseRow", aggregate: "orders", id: "1" }
  ]
  it.each(breaks)("is right after %j", async (request) => {
    await page.edit(root("1", request._tag))
    await page.until(() => page.document("orders", "1")?.["status"] === request._tag)
    await page.ask("break", request)
    const proof = await page.prove()
    assert.isTrue(proof.isRight, JSON.stringify(proof))
  })

  it("is right after OpenSearch was stopped for ten seconds", async () => {
    await page.ask("break", { _tag: "StopSearch" })
    await page.edit(root("2", "while it was away"))
    await page.until(() => page.state?.stoppedUntil !== null && page.state?.isReady === false)
    const again = await page.ask("break", { _tag: "StopSearch" }).then(() => "", String)
    assert.include(again, "OpenSearch is stopped already")
    await page.until(() => page.document("orders", "2")?.["status"] === "while it was away", 90_000)
    await page.until(() => page.state?.isReady === true && page.state.stoppedUntil === null, 60_000)
    const proof = await page.prove()
    assert.isTrue(proof.isRight, JSON.stringify(proof))
  })

  it("takes up what is saved, and says what changes in the mapping", async () => {
    const { revision } = page.definition!
    await writeFile(join(folder, "table.ts"), orders("size: Schema.optionalKey(Schema.Int)"))
    await page.until(() => page.definition!.revision === revision + 1, 60_000)
    assert.deepStrictEqual(page.definition!.changes, ["orders: size is new"])
    await page.edit({ ...root("3", "sized"), values: { status: "sized", size: 3 } } as requests.EditRequest)
    await page.until(() => page.document("orders", "3")?.["size"] === 3)
    await writeFile(join(folder, "table.ts"), orders("size: Schema.optionalKey(Schema.String)"))
    await page.until(() => page.definition!.revision === revision + 2, 60_000)
    assert.match(page.definition!.changes.join(), /^orders: field "size"/)
    await page.until(() => page.state?.deadLetters.length !== 0)
    const proof = await page.prove()
    assert.isTrue(proof.isRight, JSON.stringify(proof))
  })

  it("takes up what is saved while OpenSearch is stopped, once it is there again", async () => {
    const { revision } = page.definition!
    await page.ask("break", { _tag: "StopSearch" })
    await writeFile(join(folder, "table.ts"), orders("note: Schema.optionalKey(Schema.String)"))
    await page.until(() => page.definition!.revision === revision + 1, 90_000)
    assert.include(JSON.stringify(page.definition!.aggregates), '"note"')
    await page.until(() => page.state?.stoppedUntil === null && page.state.isUpToDate)
    const proof = await page.prove()
    assert.isTrue(proof.isRight, JSON.stringify(proof))
  })

  it("has its rows, started again, and none of them with --fresh", async () => {
    const { revision } = page.definition!
    await writeFile(join(folder, "table.ts"), orders())
    await page.until(() => page.definition!.revision === revision + 1, 60_000)
    const rows = page.rows.size
    const session = page.hello!.session
    await end()
    await begin()
    assert.notStrictEqual(page.hello!.session, session)
    await page.until(() => page.rows.size === rows && page.document("orders", "2") !== undefined)
    await page.edit(root("2", "after the start"))
    await page.until(() => page.document("orders", "2")?.["status"] === "after the start")
    const proof = await page.prove()
    assert.isTrue(proof.isRight, JSON.stringify(proof))
    await end()
    await begin("--fresh")
    assert.strictEqual(page.rows.size, 0)
    await page.edit(root("2", "fresh"))
    await page.until(() => page.document("orders", "2")?.["status"] === "fresh")
  })
})

describeReal("dev on given servers", ({ dynamodbEndpoint, openSearchNode }) => {
  it("touches what it made itself alone", async () => {
    const env = { DYNAMODB_ENDPOINT: dynamodbEndpoint, OPENSEARCH_NODE: openSearchNode }
    const [folder, other] = [await makeDefinition(), await makeDefinition()]
    const dev = await start(folder, ["--fresh"], env)
    const page = await DevPage.open(dev.address)
    await page.edit(root("1", "given"))
    await page.until(() => page.document("orders", "1")?.["status"] === "given")
    assert.strictEqual((await fetch(`${openSearchNode}/tablefold-dev-orders/_doc/1`)).status, 200)
    page.close()
    await dev.end()
    const refused = await start(other, [], env).then(() => "it began", String)
    assert.match(refused, /was not made by this folder's dev/)
    const again = await start(folder, ["--remote"], env)
    const after = await DevPage.open(again.address)
    assert.strictEqual(after.hello!.canEdit, false)
    for (const [path, request] of [
      ["edit", root("1", "x")],
      ["break", { _tag: "DeliverAgain" }]
    ] as const) {
      assert.match(await after.ask(path, request).then(() => "it was done", String), /that can't be done here/)
    }
    await after.until(() => after.document("orders", "1")?.["status"] === "given")
    after.close()
    await again.end()
    for (const each of [folder, other]) await rm(each, { recursive: true })
    await fetch(`${openSearchNode}/tablefold-dev-*`, { method: "DELETE" })
  })
})
