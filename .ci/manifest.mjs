// The published manifest has none of what only this repository needs: `strip` before packing, `restore` after it.
import { readFileSync, renameSync, writeFileSync } from "node:fs"

const file = "package.json"
const kept = ".package.json.kept"

if (process.argv[2] === "strip") {
  const text = readFileSync(file, "utf8")
  // The pinned Node, above all: as a dependency of ours it would stand before the user's own in their scripts.
  const { devDependencies, devEngines, optionalDependencies, scripts, ...published } = JSON.parse(text)
  writeFileSync(kept, text)
  writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`)
} else renameSync(kept, file)
