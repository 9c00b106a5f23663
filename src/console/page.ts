/** The page: one HTML file with all it needs inside, and the content security policy that lets just that run. */
import { Effect, FileSystem, Path } from "effect"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"

export interface Page {
  readonly html: string
  /** The value of `Content-Security-Policy`: its own scripts and styles by their hashes, and this server. */
  readonly policy: string
}

export const of = (html: string): Page => ({
  html,
  policy: [
    "default-src 'none'",
    `script-src ${hashesOf(html, "script")}`,
    `style-src ${hashesOf(html, "style")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
})

const hashesOf = (html: string, tag: "script" | "style"): string => {
  const inline = [...html.matchAll(new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`, "g"))].map(([, text = ""]) => text)
  const hashes = inline.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)
  return hashes.length === 0 ? "'none'" : hashes.join(" ")
}

const notBuilt = "<!doctype html><title>tablefold</title><p>The page is not built: npm run build makes it.</p>"

/** Built beside the bundled command, `dist/console/page.html`, or found there from the source. */
const places = ["../console/page.html", "../../dist/console/page.html"]

/** Makes the page from its sources, where they are beside this file. */
const bundled = Effect.tryPromise(async (): Promise<string> => {
  // Its name is not written as one, so that what is published does not hold it.
  const source = new URL("bundlePage.ts", import.meta.url).href
  const { bundlePage } = (await import(source)) as { readonly bundlePage: () => Promise<string> }
  return bundlePage()
})

/** The page as its sources are, else as it was built; says that it is not built where it is not there. */
export const load: Effect.Effect<Page, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.dirname(fileURLToPath(import.meta.url))
  const built = places.map((place) => files.readFileString(path.join(folder, place)))
  return of(yield* Effect.orElseSucceed(Effect.firstSuccessOf([bundled, ...built]), () => notBuilt))
})
