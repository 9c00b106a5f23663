/** Takes the pictures of the page that docs/ has: `node test/console/page/pictures.ts`. */
import { join } from "node:path"
import * as Chromium from "./Browser.ts"
import { fill, finale } from "./fixture/day.ts"
import { start } from "./fixture/server.ts"

const folder = join(import.meta.dirname, "../../../docs")
const size = { width: 1_400, height: 800 }

/** A picture may be looked at on a page beside others. */
const bytesMax = 300_000

const fixture = await start()
fill(fixture.world, 60, Date.now())
const browser = await Chromium.launch()

const take = async (
  name: string,
  options: Parameters<typeof Chromium.open>[2],
  act: (opened: Chromium.Opened) => Promise<unknown>
) => {
  const opened = await Chromium.open(browser, fixture.url, options)
  const { page } = opened
  await page.evaluate(() => document.fonts.ready)
  finale(fixture.world)
  await page.getByText("Please ring twice").first().waitFor({ state: "attached" })
  await act(opened)
  // What came just now has lost its glow by then.
  await page.waitForTimeout(2_000)
  const { length } = await page.screenshot({ path: join(folder, `${name}.png`) })
  console.log(`${name}: ${length} bytes`)
  if (length > bytesMax) throw new Error(`${name} is too large`)
  await opened.close()
}

const nothing = () => Promise.resolve()
await take("console-light", { viewport: size, colorScheme: "light" }, nothing)
await take("console-dark", { viewport: size, colorScheme: "dark" }, nothing)
await take("console-run", { viewport: size, colorScheme: "light" }, async ({ page }) => {
  await page.getByRole("button", { name: "Prove it" }).click()
  await Chromium.goTo(page, "Run")
})
await take("console-narrow", { viewport: Chromium.narrow, colorScheme: "light", deviceScaleFactor: 2 }, ({ page }) =>
  page.getByRole("navigation", { name: "Views" }).getByText("Document").click()
)
await browser.close()
await fixture.close()
