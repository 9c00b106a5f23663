/** Whatever stands in rows is text: markup, script, control characters, a document of a megabyte. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import type { Item } from "../../../src/console/page/model/attributes.ts"
import * as Chromium from "./Browser.ts"
import { details, fill } from "./fixture/day.ts"
import { type Fixture, start } from "./fixture/server.ts"

const markup = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script></style><b>bold</b>`
const s = (text: string) => ({ S: text })

let fixture: Fixture
let browser: Browser
let opened: Chromium.Opened
beforeAll(async () => {
  if (Chromium.isMissing) return
  fixture = await start()
  fill(fixture.world, 10, Date.now())
  browser = await Chromium.launch()
  opened = await Chromium.open(browser, fixture.url)
})
afterAll(async () => {
  await browser?.close()
  await fixture?.close()
})

const order = (id: string, attributes: Item) =>
  fixture.world.write([[`ORDER#${id}`, "DETAILS", { ...details(1, "paid", 1), ...attributes }]])

const untouched = async () => {
  const { page, problems } = opened
  const found = await page.evaluate(() => ({
    pwned: "pwned" in window,
    tags: document.querySelectorAll("b, img, #page script, #page style").length
  }))
  assert.deepStrictEqual(found, { pwned: false, tags: 0 })
  assert.deepStrictEqual(problems, [])
}

/** Writes a document, chooses it by its row, and gives the lines that show it. */
const shown = async (id: string, attributes: Item, filter: string) => {
  const { page } = opened
  order(id, attributes)
  await page.getByLabel("Filter rows by their keys").fill(filter)
  await Chromium.linesOf(page, "Rows of the table").getByText("DETAILS").click()
  return page.getByLabel("Lines of the document", { exact: true })
}

describe.skipIf(Chromium.isMissing)("values of rows", () => {
  it("that are markup and script stay text, in each view, the search and the form", async () => {
    const { page } = opened
    const lines = await shown(`9${markup}`, { customerId: s(markup), [markup]: s(markup) }, "9<img")
    await lines.getByText("onerror").first().waitFor()
    await page.getByLabel("Changes, the newest first").getByText("onerror").first().waitFor()
    await page.getByLabel("Rows of the document").getByText("onerror").first().waitFor()
    await page.getByRole("button", { name: "Change", exact: true }).click()
    assert.strictEqual(await page.getByLabel("customerId").inputValue(), markup)
    await page.getByLabel("orderId").fill(markup)
    await page.keyboard.press("Escape")
    await Chromium.goTo(page, "Search")
    await page.getByLabel("Query string, or the JSON of a search").fill("onerror")
    await page.getByRole("button", { name: "Search" }).last().click()
    await page.getByLabel("Hits").getByText("onerror").first().waitFor()
    await page.getByLabel("The hit").getByText("onerror").first().waitFor()
    await Chromium.goTo(page, "Data")
    await untouched()
  })

  it("that are markup are text in the run's tables and in notices", async () => {
    const { page } = opened
    const { world } = fixture
    world.setState({
      deadLetters: [{ reason: markup, aggregate: markup, count: 1, examples: [markup] }],
      unclaimedPatterns: [{ pattern: markup, rows: 1, example: markup }],
      shards: [{ shard: markup, state: "reading", position: markup, records: 1, behind: 0 }]
    })
    fixture.tell({ _tag: "Notice", at: 0, text: markup, isProblem: true })
    await Chromium.goTo(page, "Run")
    await page.getByRole("log").getByText("onerror").waitFor()
    await page.getByRole("region", { name: "Unclaimed keys" }).getByText("onerror").first().waitFor()
    await untouched()
    await page.getByRole("button", { name: "Dismiss" }).click()
    await Chromium.goTo(page, "Data")
  })

  it("with control characters, and what turns the reading direction, show as escapes", async () => {
    const lines = await shown("a\u0000b\u202Ec\u0007", { "k\u0001": s("v\u202Ew\u200B") }, "order#a")
    await lines.getByText(String.raw`k\u0001`).waitFor()
    await lines.getByText(String.raw`"v\u202ew\u200b"`).waitFor()
    const key = opened.page.getByLabel("Rows of the table").getByText(String.raw`ORDER#a\u0000b\u202ec\u0007`)
    await key.first().waitFor()
    const text = await opened.page.locator("#page").innerText()
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(text, /[\u0000-\u0008\u202A-\u202E\u200B]/)
    await untouched()
  })
})

describe.skipIf(Chromium.isMissing)("a document of a megabyte", () => {
  const answered = async (action: () => void | Promise<void>, selector: string): Promise<number> => {
    const { page } = opened
    const started = await page.evaluate(() => performance.now())
    await action()
    await page.locator(selector).first().waitFor()
    return (await page.evaluate(() => performance.now())) - started
  }

  it("of one long text shows its beginning and how long it is", async () => {
    const lines = await shown("long", { note: s("x".repeat(1_000_000)) }, "order#long")
    await lines.getByText("1,000,000 characters").waitFor()
    assert.isBelow(await lines.evaluate((list) => list.innerHTML.length), 50_000)
    await lines.getByText("note", { exact: true }).click()
    await opened.page.getByRole("button", { name: "Value" }).click()
    const value = opened.page.getByLabel("The value in full")
    await value.getByText("1,000,000 characters").waitFor()
    assert.isBelow((await value.innerText()).length, 25_000)
    await opened.page.getByRole("button", { name: "Made from" }).click()
  })

  it("of 20,000 values shows at once, and folds and unfolds", async () => {
    const items = Array.from({ length: 20_000 }, (_, i) => ({
      M: { n: { N: String(i) }, name: s(`item number ${i} of many`) }
    }))
    const taken = await answered(async () => void (await shown("many", { tags: { L: items } }, "order#many")), ".json")
    const lines = opened.page.getByLabel("Lines of the document", { exact: true })
    await lines.getByText("[ 20000 ]").waitFor()
    assert.isBelow(taken, 2_000)
    const unfolded = await answered(() => lines.getByLabel("Unfold").first().click(), "text=item number 3 of many")
    assert.isBelow(unfolded, 1_500)
    await lines.focus()
    await opened.page.keyboard.press("End")
    await lines.getByText("trackingNumber").or(lines.getByText("orderItems")).first().waitFor()
    assert.isBelow(await lines.locator(".line").count(), 100)
    await untouched()
  })
})
