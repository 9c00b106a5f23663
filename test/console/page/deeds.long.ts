/** What is done in the page: rows added, changed and removed, searches, buttons, a server that goes and comes back. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import * as Chromium from "./Browser.ts"
import { fill } from "./fixture/day.ts"
import { type Fixture, start } from "./fixture/server.ts"

let fixture: Fixture
let browser: Browser
let opened: Chromium.Opened
beforeAll(async () => {
  if (Chromium.isMissing) return
  fixture = await start()
  fill(fixture.world, 20, Date.now())
  browser = await Chromium.launch()
  opened = await Chromium.open(browser, fixture.url)
})
afterAll(async () => {
  await browser?.close()
  await fixture?.close()
})

const row = (text: string) => Chromium.linesOf(opened.page, "Rows of the table").getByText(text, { exact: true })
const lines = () => opened.page.getByLabel("Lines of the document", { exact: true })

describe.skipIf(Chromium.isMissing)("a row", () => {
  it("is added by the definition, and its part of the document is marked", async () => {
    const { page } = opened
    await row("DETAILS").first().click()
    await page.getByRole("button", { name: "Add a row" }).click()
    const form = page.getByRole("dialog")
    assert.strictEqual(await form.getByLabel("orderId").inputValue(), "1001")
    await form.getByLabel("productName").fill("Kettle")
    await form.getByLabel("quantity").fill("two")
    await form.getByRole("button", { name: "Put the row" }).click()
    await form.getByText("quantity is no number").first().waitFor()
    await form.getByText("n is missing").first().waitFor()
    await form.getByLabel("n", { exact: true }).fill("7")
    await form.getByLabel("quantity").fill("2")
    await form.getByLabel("unitPrice").fill("49.5")
    await form.getByRole("button", { name: "Put the row" }).click()
    await form.waitFor({ state: "hidden" })
    const edits = fixture.requests.filter(([path]) => path === "/api/edit").map(([, body]) => body)
    assert.deepStrictEqual(edits, [
      {
        _tag: "Typed",
        aggregate: "orders",
        field: "orderItems",
        key: { orderId: "1001", n: "7" },
        values: { productName: "Kettle", quantity: 2, unitPrice: 49.5 }
      }
    ])
    await lines().locator(".is-added").getByText("Kettle").waitFor()
  })

  it("is removed, shown as a tombstone, and put back", async () => {
    const { page } = opened
    await row("ITEM#7").click()
    await page.keyboard.press("Delete")
    await page.getByRole("log").getByText("Removed ORDER#1001 / ITEM#7").waitFor()
    await lines().locator(".is-gone").getByText("Kettle").waitFor()
    await page.getByLabel("Rows of the document").getByText("tombstone").waitFor()
    await page.getByRole("button", { name: "Undo" }).click()
    await lines().locator(".is-added").getByText("Kettle").waitFor()
  })

  it("is changed as DynamoDB's JSON", async () => {
    const { page } = opened
    await row("ITEM#7").click()
    await page.getByRole("button", { name: "Change", exact: true }).click()
    await page.getByRole("button", { name: "DynamoDB JSON" }).click()
    const text = page.getByLabel("The row", { exact: true })
    await text.fill((await text.inputValue()).replace("Kettle", "Samovar"))
    await page.getByRole("button", { name: "Put the row" }).click()
    await lines().locator(".is-changed").getByText("Samovar").waitFor()
  })

  it("that is absent is told with its reason", async () => {
    await lines().getByText("shipmentInfo — no row like SHIPMENT#{id}").waitFor()
    fixture.world.write([["ORDER#1001", "SHIPMENT#4", { carrier: { S: "ACME" } }]])
    await lines().locator(".is-added").getByText("shipmentInfo").waitFor()
    fixture.world.write([["ORDER#1001", "SHIPMENT#4", undefined]])
    await lines().press("End")
    await lines().getByText("shipmentInfo — ORDER#1001 / SHIPMENT#4 was removed").waitFor()
  })
})

describe.skipIf(Chromium.isMissing)("the page", () => {
  it("searches, and shows the rows of a hit", async () => {
    const { page } = opened
    await Chromium.goTo(page, "Search")
    const query = page.getByLabel("Query string, or the JSON of a search")
    await query.fill("{")
    await query.press("Enter")
    await page.getByText("the search is no JSON").waitFor()
    await query.fill("samovar")
    await query.press("Enter")
    await page.getByText("1 document in 3 ms").waitFor()
    await page.getByRole("button", { name: "Show its rows" }).click()
    await lines().getByText("Samovar").waitFor()
  })

  it("breaks and proves", async () => {
    const { page } = opened
    await page.getByRole("button", { name: "Break it" }).click()
    await page.getByText("Deliver in reverse").click()
    await page.getByRole("log").getByText("delivered again").waitFor()
    assert.deepInclude(fixture.requests, ["/api/break", { _tag: "DeliverReversed" }])
    await page.getByRole("button", { name: "Prove it" }).click()
    await page.getByRole("log").getByText("documents are as the table's rows say").waitFor()
    await Chromium.goTo(page, "Run")
    await page.getByRole("region", { name: "Proof" }).getByText("documents are as").waitFor()
    await page.getByRole("button", { name: "Redrive" }).click()
    await page.getByRole("log").getByText("1 row redriven").waitFor()
    await Chromium.goTo(page, "Data")
  })

  it("says calmly that the server is gone, and goes on when it is back, with the new one's token", async () => {
    const { page } = opened
    const port = Number(new URL(fixture.url).port)
    await fixture.close()
    await page.getByText("The server does not answer; the page goes on").waitFor()
    assert.isTrue(await page.getByRole("button", { name: "Add a row" }).isDisabled())
    await lines().getByText("customerId").waitFor()
    fixture = await start({ port, session: "second" })
    fill(fixture.world, 3, Date.now())
    await page.getByRole("status").getByText("up to date").waitFor()
    await page.getByText("The server does not answer").waitFor({ state: "detached" })
    await row("DETAILS").nth(2).waitFor()
    assert.isBelow(await row("DETAILS").count(), 5)
    await row("DETAILS").first().click()
    await page.keyboard.press("Delete")
    await page.getByText("Readers see nothing: waiting for its root").waitFor()
    assert.deepStrictEqual(opened.problems, [])
  })

  it("that may not edit offers nothing of it", async () => {
    const tail = await start({ canEdit: false, showsData: false })
    fill(tail.world, 3, Date.now())
    const other = await Chromium.open(browser, tail.url)
    for (const name of ["Add a row", "Break it", "Prove it", "Redrive"]) {
      assert.strictEqual(await other.page.getByRole("button", { name }).count(), 0)
    }
    await other.page.getByText("Data is not shown here").waitFor()
    await Chromium.linesOf(other.page, "Rows of the table").getByText("ITEM#1").first().click()
    await other.page.getByLabel("Rows of the document").getByText("ITEM#1").first().waitFor()
    assert.notInclude(await other.page.locator(".main").innerText(), "Teapot")
    await other.close()
    await tail.close()
  })
})
