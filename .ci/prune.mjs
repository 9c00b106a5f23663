// Removes the modules of `dist` that no export reaches: those that hold types alone. Their declarations stay.
import { globSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { parseSync } from "rolldown/utils"

/** The modules beside it that a module loads, sooner or later. */
const loadedBy = (path) => {
  const text = readFileSync(path, "utf8")
  const { dynamicImports, staticExports, staticImports } = parseSync(path, text).module
  const requests = [
    ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value ?? "")),
    ...dynamicImports.map(({ moduleRequest: { end, start } }) => text.slice(start + 1, end - 1))
  ]
  return requests.filter((request) => request.startsWith(".")).map((request) => join(dirname(path), request))
}

const { exports } = JSON.parse(readFileSync("package.json", "utf8"))
const reached = new Set(Object.values(exports).map((path) => join(path)))
for (const path of reached) for (const next of loadedBy(path)) reached.add(next)
for (const path of globSync("dist/**/*.js")) if (!reached.has(path)) rmSync(path)
