/** The page made from its sources: one file that loads nothing from anywhere. Needs what only the repository has. */
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import type { Plugin } from "rolldown"

const folder = join(import.meta.dirname, "page")
const styles = ["style/tokens.css", "style/base.css", "style/layout.css", "style/data.css", "style/run.css"]

/**
 * The page as HTML with its script and styles inside. With `plugins` a bundle may be looked at on its way, as for the
 * licences of what is in it.
 */
export const bundlePage = async (plugins: ReadonlyArray<Plugin> = []): Promise<string> => {
  const { rolldown } = await import("rolldown")
  const bundle = await rolldown({
    input: join(folder, "main.tsx"),
    platform: "browser",
    tsconfig: join(folder, "tsconfig.json"),
    plugins: [...plugins]
  })
  const { output } = await bundle.generate({ format: "iife", minify: true, codeSplitting: false })
  await bundle.close()
  const plotStyle = createRequire(import.meta.url).resolve("uplot/dist/uPlot.min.css")
  const css = await Promise.all([plotStyle, ...styles.map((name) => join(folder, name))].map(textOf))
  const html = await textOf(join(folder, "page.html"))
  // As functions: a dollar sign in what is put in would mean something.
  return html
    .replace("/* styles */", () => css.map(compact).join("\n"))
    .replace("/* script */", () => output[0].code.trim().replaceAll("</script", "<\\/script"))
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8")

/** Styles without comments and indentation. */
const compact = (css: string): string =>
  css
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\n\s*/g, "\n")
    .trim()
