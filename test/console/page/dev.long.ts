/**
 * The page on real servers, `tablefold dev`: what is done in it is in the table and in OpenSearch, what is broken ends
 * right, a saved definition is taken up, and whatever stands in rows stays text.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { inject } from "vitest"
import { type Dev, item, makeFolder, orders, start } from "../../dev/DevPage.ts"
import * as Chromium from "./Browser.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly hasOwnServers: boolean
  }
}

const isMissing = Chromium.isMissing || !inject("hasOwnServers")

let folder = ""
let dev: Dev
let browser: Browser
let opened: Chromium.Opened
const save = (name: string, text: string) => writeFile(join(folder, name), text)
beforeAll(async () => {
  if (isMissing) return
  execFileSync(process.execPath, [".ci/page.mjs"])
  folder = await makeFolder()
  await save("item.ts", item())
  await save("table.ts", orders())
  dev = await start(folder, [])
  browser = await Chromium.launch()
  opened = await Chromium.open(browser, dev.address)
})
afterAll(async () => {
  await browser?.close()
  await dev?.end()
  if (folder !== "") await rm(folder, { recursive: true })
})

const lines = () => opened.page.getByLabel("Lines of the document", { exact: true })
const row = (key: string) => Chromium.linesOf(opened.page, "Rows of the table").getByText(key, { exact: true })
const notices = () => opened.page.getByRole("log")

/** Puts a row by the form, as its fields are named. */
const put = async (kind: string, fields: { readonly [name: string]: string }) => {
  const { page } = opened
  await page.getByRole("button", { name: "Add a row" }).click()
  const form = page.getByRole("dialog")
  await form.getByLabel("Kind of row").selectOption({ label: kind })
  for (const [name, text] of Object.entries(fields)) await form.getByLabel(name, { exact: true }).fill(text)
  await form.getByRole("button", { name: "Put the row" }).click()
  await form.waitFor({ state: "hidden" })
}

const raw = async (item: object) => {
  const { page } = opened
  await page.getByRole("button", { name: "Add a row" }).click()
  await page.getByRole("button", { name: "DynamoDB JSON" }).click()
  await page.getByLabel("The row", { exact: true }).fill(JSON.stringify(item))
  await page.getByRole("button", { name: "Put the row" }).click()
  await page.getByRole("dialog").waitFor({ state: "hidden" })
}

const stored = async (id: string) => {
  const [, node] = /OpenSearch \S+ at (http\S+)/.exec(dev.printed())!
  const response = await fetch(`${node}/orders/_doc/${id}`)
  return ((await response.json()) as { readonly _source: { readonly [field: string]: unknown } })._source
}

const prove = async () => {
  const { page } = opened
  const right = notices().getByText(
    /^(all \d+ documents are|the one document is) what the (\d+ rows|one row) of the table says?/
  )
  // What was proved before is out of the way; some go by themselves.
  for (const dismiss of await page.getByRole("button", { name: "Dismiss" }).all())
    await dismiss.click({ timeout: 300 }).catch(() => {})
  await page.getByRole("button", { name: "Prove it" }).click()
  // Not one that was proved before: the button is there again once this one has ended.
  await page.getByRole("button", { name: "Prove it", disabled: false }).waitFor({ timeout: 60_000 })
  await right.first().waitFor()
}

describe.skipIf(isMissing)("on real servers", () => {
  it("a row added in the page is a document in the page and in OpenSearch", async () => {
    await put("root — DETAILS", { orderId: "1", status: "paid" })
    await lines().getByText('"paid"').waitFor()
    await row("DETAILS").click()
    await put("items — ITEM#{n}", { n: "1", product: "tea", quantity: "2" })
    await lines().locator(".is-added").getByText('"tea"').waitFor()
    const found = await stored("1")
    assert.deepInclude(found, { status: "paid" })
    assert.deepStrictEqual(found["items"], [{ product: "tea", quantity: 2 }])
    await opened.page.getByLabel("Rows of the document").getByText("ITEM#1").waitFor()
    await lines().getByText('"tea"').click()
    for (const list of ["Rows of the table", "Rows of the document", "Changes, the newest first"]) {
      const chosen = opened.page.getByLabel(list, { exact: true }).locator('[aria-selected="true"]')
      await chosen.getByText("ITEM#1").waitFor()
    }
  })

  it.each([
    ["Deliver again"],
    ["Deliver in reverse"],
    ["Deliver from ten lanes"],
    ["Refuse a row"],
    ["Stop OpenSearch"]
  ])("%s, and it proves right", async (deed) => {
    const { page } = opened
    await page.getByRole("button", { name: "Break it" }).click()
    await page.getByText(deed).click()
    if (deed === "Refuse a row")
      await page.getByLabel("Changes, the newest first").getByText("refused").first().waitFor()
    if (deed === "Stop OpenSearch") {
      await page.getByRole("status").getByText("OpenSearch stopped").waitFor()
      await put("root — DETAILS", { orderId: "2", status: "meanwhile" })
      await page.getByRole("status").getByText("up to date").waitFor({ timeout: 90_000 })
      await page.getByText("2 documents").waitFor({ timeout: 60_000 })
    }
    await prove()
  })

  it("the stream held back holds documents back, and it proves right when it goes on", async () => {
    const { page } = opened
    const hold = async (title: string) => {
      await page.getByRole("button", { name: "Break it" }).click()
      await page.getByText(title).click()
    }
    await hold("Hold the stream back")
    await page.getByRole("status").getByText("stream held back").waitFor()
    await put("root — DETAILS", { orderId: "3", status: "held" })
    await row("ORDER#3").waitFor()
    assert.strictEqual((await stored("3"))?.["status"], undefined)
    await hold("Let the stream go on")
    await page.getByText("3 documents").waitFor()
    await prove()
  })

  it("markup, control characters and a document of a megabyte are text, found and shown", async () => {
    const { page } = opened
    const markup = `<img src=x onerror="window.pwned=1">`
    const keys = (sort: string) => ({ PK: { S: "ORDER#\u0001<b>" }, SK: { S: sort } })
    await raw({ ...keys("DETAILS"), status: { S: markup } })
    for (const n of ["1", "2", "3"]) {
      await raw({ ...keys(`ITEM#${n}`), product: { S: "x".repeat(380_000) }, quantity: { N: "1" } })
    }
    await row(String.raw`ORDER#\u0001<b>`).waitFor()
    await page.getByLabel("Filter rows by their keys").fill("<b>")
    await row("DETAILS").click()
    await lines().getByText("380,000 characters").nth(2).waitFor()
    await lines().getByText("onerror").waitFor()
    await page.getByLabel("Filter rows by their keys").fill("")
    const found = await page.evaluate(() => ["pwned" in window, document.querySelectorAll("#page img, #page b").length])
    assert.deepStrictEqual(found, [false, 0])
    await prove()
  })

  it("a definition saved anew is taken up, and a broken one is told of", async () => {
    const { page } = opened
    await save("table.ts", orders("note: Schema.optionalKey(Schema.String.annotate(Mapping.text))"))
    await notices().getByText("The definition was taken up").waitFor({ timeout: 60_000 })
    await row("DETAILS").first().click()
    await page.getByRole("button", { name: "Change", exact: true }).click()
    await page.getByLabel("note", { exact: true }).fill("ring twice")
    await page.getByRole("button", { name: "Put the row" }).click()
    await lines().getByText('"ring twice"').waitFor()
    await Chromium.goTo(page, "Search")
    await page.getByLabel("Query string, or the JSON of a search").fill("note:twice")
    await page.getByRole("button", { name: "Search" }).last().click()
    await page.getByText("1 document in").waitFor()
    await Chromium.goTo(page, "Data")
    await prove()
    await save("table.ts", "export const table = nothing")
    await page.getByText("The definition can't be taken").waitFor({ timeout: 60_000 })
    await save("table.ts", orders("note: Schema.optionalKey(Schema.String.annotate(Mapping.text))"))
    await page.getByText("The definition can't be taken").waitFor({ state: "detached", timeout: 60_000 })
    assert.deepStrictEqual(opened.problems, [])
  })
})
