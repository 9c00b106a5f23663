/** `tablefold dev` in memory: rows become documents, whatever is broken; a definition is taken up as it is saved. */
import { assert, describe, it } from "@effect/vitest"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import type * as requests from "../../src/console/requests.ts"
import { tablefold } from "../cli/program.ts"
import { type Dev, DevPage, item, makeFolder, orders, start } from "./DevPage.ts"

const root = (orderId: string, status: string): requests.EditRequest => {
  return { _tag: "Typed", aggregate: "orders", field: "", key: { orderId }, values: { status } }
}

const itemOf = (orderId: string, n: string, quantity: unknown): requests.EditRequest => {
  const values = { product: "tea", quantity: quantity as number }
  return { _tag: "Typed", aggregate: "orders", field: "items", key: { orderId, n }, values }
}

describe("dev in memory", () => {
  let folder = ""
  let dev: Dev
  let page: DevPage
  const save = (name: string, text: string) => writeFile(join(folder, name), text)
  const itemsOf = (id: string) => (page.document("orders", id)?.["items"] as ReadonlyArray<unknown> | undefined)?.length
  beforeAll(async () => {
    folder = await makeFolder()
    await save("item.ts", item())
    await save("table.ts", orders())
    await save("rows.json", JSON.stringify([{ PK: "ORDER#0", SK: "DETAILS", status: "seeded" }]))
    dev = await start(folder, ["--memory", "--seed", "rows.json"])
    page = await DevPage.open(dev.address)
  })
  afterAll(async () => {
    page.close()
    assert.strictEqual(await dev.end(), 130, dev.printed())
    await rm(folder, { recursive: true })
  })

  it("shows rows that were seeded, as documents", async () => {
    await page.until(() => page.document("orders", "0") !== undefined)
    assert.deepStrictEqual(page.document("orders", "0"), { status: "seeded", items: [] })
  })

  it("makes a document of rows that are put, and follows their changes", async () => {
    const { row } = await page.edit(root("1", "new"))
    assert.isTrue(page.rows.has(row) || (await page.until(() => page.rows.has(row)), true))
    await page.edit(itemOf("1", "1", 2))
    await page.until(() => itemsOf("1") === 1)
    await page.edit(itemOf("1", "1", 3))
    await page.until(() => JSON.stringify(page.document("orders", "1"))?.includes('"quantity":3'))
    assert.deepStrictEqual(page.documents.get("orders/1")?.altered, ["items.0.quantity"])
    const last = [...page.changes.values()].at(-1)!
    assert.deepInclude(last, { event: "MODIFY", aggregate: "orders", id: "1", field: "items", isExact: true })
    await page.edit({ _tag: "Remove", keys: { PK: { S: "ORDER#1" }, SK: { S: "ITEM#1" } } })
    await page.until(() => itemsOf("1") === 0)
    assert.strictEqual((await page.prove()).message, "all 2 documents are what the 2 rows of the table say")
  })

  it("says what becomes of rows that are unclaimed, unchanged or refused", async () => {
    const outcomes = () => new Set([...page.changes.values()].map(({ outcome }) => outcome._tag))
    await page.edit({ _tag: "Raw", item: { PK: { S: "<b>#1" }, SK: { S: "\u0000" }, a: { B: "AAE=" } } })
    await page.edit(itemOf("1", "2", "many"))
    await page.until(() => outcomes().has("Unclaimed") && outcomes().has("Refused"))
    await page.until(() => page.state?.deadLetters.length === 1)
    assert.match(page.state!.deadLetters[0]!.reason, /^field "quantity"/)
    const { isRight, refused } = await page.prove()
    assert.deepStrictEqual([isRight, refused], [true, 1])
    const still = await page.ask<requests.RedriveAnswer>("redrive", {})
    assert.deepInclude(still, { redriven: 0, left: 1 })
    await page.edit(itemOf("1", "2", 5))
    assert.deepInclude(await page.ask<requests.RedriveAnswer>("redrive", {}), { redriven: 1, left: 0 })
    await page.edit({ _tag: "Remove", keys: { PK: { S: "<b>#1" }, SK: { S: "\u0000" } } })
  })

  it("refuses what is no row, in a sentence", async () => {
    const sentences: ReadonlyArray<readonly [requests.EditRequest, RegExp]> = [
      [{ ...root("", "x") }, /^the key needs a value for orderId$/],
      [{ _tag: "Raw", item: { PK: { S: "a" } } }, /^the row has no key attribute SK$/],
      [{ _tag: "Raw", item: { PK: { S: "a" }, SK: { S: "a" }, b: "c" } }, /^"b" is no value of DynamoDB's/],
      [{ ...root("1", "x"), aggregate: "users" } as requests.EditRequest, /^there are no rows "" of users$/]
    ]
    for (const [request, sentence] of sentences) {
      const { message } = await page.edit(request).then(
        () => new Error("it was taken"),
        (error: Error) => error
      )
      assert.match(message, sentence)
    }
  })

  it.each(["DeliverAgain", "DeliverReversed", "DeliverFromTenLanes"] as const)("is right after %s", async (_tag) => {
    for (let n = 10; n < 40; n++) await page.edit(itemOf("1", `${n}`, n))
    await page.until(() => itemsOf("1") === 31)
    const before = page.changes.size
    assert.match((await page.ask<requests.BreakAnswer>("break", { _tag })).message, /came (again|twice more)/)
    await page.until(() => page.changes.size > before)
    const proof = await page.prove()
    assert.isTrue(proof.isRight, proof.message)
  })

  it("is right after a row is refused and after the stream is held back", async () => {
    await page.ask("break", { _tag: "RefuseRow", aggregate: "orders", id: "1" })
    await page.until(() => page.state?.deadLetters.length === 1)
    assert.isTrue((await page.prove()).isRight)
    await page.ask("break", { _tag: "HoldStream", isHeld: true })
    const { row } = await page.edit(root("1", "held"))
    await page.until(() => JSON.stringify(page.rows.get(row)).includes("held") && page.state?.isHeld === true)
    const held = await page.prove()
    assert.isFalse(held.isRight, "what is held back is missing, and that is said")
    assert.notStrictEqual(page.document("orders", "1")?.["status"], "held")
    await page.ask("break", { _tag: "HoldStream", isHeld: false })
    await page.until(() => page.document("orders", "1")?.["status"] === "held")
    assert.isTrue((await page.prove()).isRight)
    const stop = await page.ask("break", { _tag: "StopSearch" }).then(() => "", String)
    assert.include(stop, "memory is not a server that was started here")
  })

  it("explains a document, removed rows included", async () => {
    const { document, rows } = await page.ask<requests.ExplainAnswer>("explain", { aggregate: "orders", id: "1" })
    assert.strictEqual(document, "live")
    const removed = rows.find(({ key }) => key === "ORDER#1 / ITEM#1")
    assert.match(removed?.version ?? "", /removed here/)
    assert.isNull(removed?.index)
  })

  it("takes up a definition that is saved, and goes on with the one before where that can't be", async () => {
    const revision = page.definition!.revision
    await save("item.ts", item('note: Schema.String.pipe(Schema.withDecodingDefaultKey(() => "none"))'))
    await page.until(() => page.definition!.revision === revision + 1 && page.documents.size > 0)
    assert.deepStrictEqual(page.definition!.changes, ["orders: changed"])
    assert.include(JSON.stringify(page.definition!.aggregates), '"note"')
    await page.until(() => page.state?.isUpToDate === true && page.document("orders", "1") !== undefined)
    assert.isTrue((await page.prove()).isRight)
    await save("table.ts", "export const table = nothing")
    await page.until(() => page.definition!.problem !== null)
    assert.include(page.definition!.problem, "nothing is not defined")
    await page.edit(root("2", "still followed"))
    await page.until(() => page.document("orders", "2")?.["status"] === "still followed")
    await save("table.ts", orders("size: Schema.optionalKey(Schema.Int)"))
    await page.until(() => page.definition!.problem === null && page.definition!.revision === revision + 2)
    await page.edit({ ...root("2", "sized"), values: { status: "sized", size: 3 } } as requests.EditRequest)
    await page.until(() => page.document("orders", "2")?.["size"] === 3)
  })

  it("takes up what is saved while the stream is held back, and holds it on", async () => {
    const { revision } = page.definition!
    await page.ask("break", { _tag: "HoldStream", isHeld: true })
    await page.edit(root("3", "before"))
    await save("table.ts", orders())
    await page.until(() => page.definition!.revision === revision + 1 && page.state?.isUpToDate === true)
    await page.edit(root("3", "after"))
    const { isRight } = await page.prove()
    assert.isFalse(isRight)
    await page.ask("break", { _tag: "HoldStream", isHeld: false })
    await page.until(() => page.document("orders", "3")?.["status"] === "after")
    assert.isTrue((await page.prove()).isRight)
  })
})

describe("where dev can't begin it says why", () => {
  it.concurrent.each([
    [["--endpoint", "https://dynamodb.eu-west-1.amazonaws.com"], "is not this machine: give --remote"],
    [["--http", "0.0.0.0:4680"], "it needs a token: set TABLEFOLD_HTTP_TOKEN"],
    [["--memory", "--seed", "nowhere.json"], "the rows of nowhere.json can't be read"]
  ] as const)("%j", async (args, sentence) => {
    const { code, stderr } = await tablefold(["dev", "--table", "src/example/table.ts", ...args])
    assert.include(stderr, sentence)
    assert.strictEqual(code, 1)
  })
})
