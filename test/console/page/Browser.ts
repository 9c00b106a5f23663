/** A real browser for the page's tests. Where there is none, one line says so and the tests are skipped. */
import { existsSync } from "node:fs"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"

const places = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"]
const executablePath = [process.env["CHROMIUM"] ?? "", ...places].find((path) => path !== "" && existsSync(path))

export const isMissing = executablePath === undefined
if (isMissing) console.warn("The page's tests are skipped: no Chromium; CHROMIUM names another place")

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: executablePath ?? "" })

export const wide = { width: 1_400, height: 860 }
export const narrow = { width: 390, height: 844 }

export interface Opened {
  readonly page: Page
  /** Errors of scripts, and what the content security policy blocked. */
  readonly problems: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** The page of a server in a window of its own, once it has what it is told at the beginning. */
export const open = async (
  browser: Browser,
  url: string,
  options: Parameters<Browser["newContext"]>[0] = {}
): Promise<Opened> => {
  const context: BrowserContext = await browser.newContext({ viewport: wide, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const problems: Array<string> = []
  page.on("pageerror", (error) => problems.push(error.message))
  page.on("console", (message) => {
    // A server that is stopped is reported by the browser itself.
    if (message.type() === "error" && !/net::|Failed to load resource/.test(message.text()))
      problems.push(message.text())
  })
  await page.goto(url)
  await page.getByRole("status").getByText("up to date").waitFor()
  return { page, problems, close: () => context.close() }
}

/** Goes to one of the page's places. */
export const goTo = (page: Page, place: "Data" | "Search" | "Run"): Promise<void> =>
  page.getByRole("navigation", { name: "Places" }).getByRole("button", { name: place }).click()

/** The lines of one of the page's lists, by its name. */
export const linesOf = (page: Page, list: string) => page.getByLabel(list, { exact: true }).locator(".line")
