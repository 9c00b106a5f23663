import { chmodSync } from "node:fs"
import { defineConfig } from "rolldown"
import { licences } from "./licences.ts"

export default defineConfig({
  input: "src/cli/tablefold.ts",
  platform: "node",
  // Schemas of the user's module come from the installed Effect. Another copy reads them, but not rightly (tried: an
  // optional integer that is absent was refused), so the command shares that one.
  external: /^effect(\/|$)/,
  plugins: [
    { name: "executable", writeBundle: () => chmodSync("dist/cli/tablefold.mjs", 0o755) },
    licences("licences.txt")
  ],
  // One file, which starts fast.
  output: { file: "dist/cli/tablefold.mjs", format: "esm", minify: true, codeSplitting: false }
})
