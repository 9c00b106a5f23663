/** The page is for all: in both colours, at both widths, by keyboard and by ear. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import axe from "axe-core"
import type { Browser } from "playwright-core"
import * as Chromium from "./Browser.ts"
import { fill, finale } from "./fixture/day.ts"
import { type Fixture, start } from "./fixture/server.ts"

let fixture: Fixture
let browser: Browser
beforeAll(async () => {
  if (Chromium.isMissing) return
  fixture = await start()
  fill(fixture.world, 40, Date.now())
  finale(fixture.world)
  browser = await Chromium.launch()
})
afterAll(async () => {
  await browser?.close()
  await fixture?.close()
})

const views = [
  ["wide", "light", Chromium.wide],
  ["wide", "dark", Chromium.wide],
  ["narrow", "light", Chromium.narrow],
  ["narrow", "dark", Chromium.narrow]
] as const

describe.skipIf(Chromium.isMissing).each(views)("a %s page in %s colours", (width, colorScheme, viewport) => {
  let opened: Chromium.Opened
  beforeAll(async () => (opened = await Chromium.open(browser, fixture.url, { colorScheme, viewport })))
  afterAll(() => opened?.close())

  const serious = async () => {
    await opened.page.evaluate(axe.source)
    const { violations } = await opened.page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run())
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`)
  }
  const overflow = () =>
    opened.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

  it.each(["Data", "Search", "Run"] as const)(
    "has nothing serious in %s, and nothing beyond its edge",
    async (place) => {
      await Chromium.goTo(opened.page, place)
      if (place === "Data" && width === "narrow") {
        for (const view of ["Changes", "Document", "Table"]) {
          await opened.page.getByRole("navigation", { name: "Views" }).getByText(view).click()
          assert.deepStrictEqual(await serious(), [])
        }
      }
      assert.deepStrictEqual(await serious(), [])
      assert.strictEqual(await overflow(), 0)
      assert.deepStrictEqual(opened.problems, [])
    }
  )

  it("has nothing serious in its form and its menu", async () => {
    const { page } = opened
    await Chromium.goTo(page, "Data")
    if (width === "wide") {
      await page.getByRole("button", { name: "Value" }).click()
      assert.deepStrictEqual(await serious(), [])
    }
    await page.getByRole("button", { name: "Break it" }).click()
    await page.getByText("Deliver from ten lanes").waitFor()
    assert.deepStrictEqual(await serious(), [])
    await page.keyboard.press("Escape")
    await page.getByRole("button", { name: "Add a row" }).click()
    assert.deepStrictEqual(await serious(), [])
    await page.getByRole("button", { name: "DynamoDB JSON" }).click()
    assert.deepStrictEqual(await serious(), [])
    await page.keyboard.press("Escape")
    await page.getByRole("dialog").waitFor({ state: "hidden" })
  })
})

describe.skipIf(Chromium.isMissing)("by keyboard", () => {
  let opened: Chromium.Opened
  beforeAll(async () => (opened = await Chromium.open(browser, fixture.url)))
  afterAll(() => opened?.close())

  it("a row is chosen, its form opened and left, and the views follow", async () => {
    const { page } = opened
    const rows = page.getByLabel("Rows of the table", { exact: true })
    await rows.locator(".table-row").first().waitFor()
    await rows.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    const first = await rows.locator('[aria-selected="true"]').innerText()
    assert.include(first, "ITEM#1")
    assert.match((await rows.getAttribute("aria-activedescendant")) ?? "", /-2$/)
    await page.getByLabel("Lines of the document").locator(".is-near").nth(3).waitFor()
    await page.keyboard.press("End")
    assert.include(await rows.locator('[aria-selected="true"]').innerText(), "PROFILE")
    await page.getByText("_doc/c-48").waitFor()
    await page.keyboard.press("Enter")
    const form = page.getByRole("dialog", { name: "Change a row" })
    assert.strictEqual(await form.getByLabel("email").inputValue(), "ada@example.org")
    await page.keyboard.press("Escape")
    await form.waitFor({ state: "hidden" })
    assert.strictEqual(
      await page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
      "Rows of the table"
    )
  })

  it("a line of the document is chosen, and the row that made it is told", async () => {
    const { page } = opened
    await page.getByLabel("Filter rows by their keys").fill("ORDER#1002")
    await Chromium.linesOf(page, "Rows of the table").getByText("DETAILS").click()
    const lines = page.getByLabel("Lines of the document")
    await lines.focus()
    await lines.getByText("productName").first().click()
    const chosen = page.getByLabel("Rows of the table", { exact: true }).locator('[aria-selected="true"]')
    assert.include(await chosen.innerText(), "ITEM#1")
    const before = await lines.locator(".line").count()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowLeft")
    assert.isBelow(await lines.locator(".line").count(), before)
    await page.keyboard.press("ArrowRight")
    assert.strictEqual(await lines.locator(".line").count(), before)
    await page.getByLabel("Filter rows by their keys").fill("")
  })
})
