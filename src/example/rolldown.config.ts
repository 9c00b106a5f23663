import { chmodSync } from "node:fs"
import { defineConfig, type InputOptions } from "rolldown"

/** One ES module each, without further files: as Lambda's Node runtime loads it, and as a command starts fast. */
const bundle = (input: string, file: string, options: InputOptions = {}) =>
  defineConfig({
    ...options,
    input,
    platform: "node",
    output: { file, format: "esm", minify: true, codeSplitting: false },
    plugins: [{ name: "executable", writeBundle: () => chmodSync(file, 0o755) }]
  })

export default [
  bundle("src/example/lambda.ts", "dist/example/lambda.mjs"),
  // Schemas of the user's module come from the installed Effect. Another copy reads them, but not rightly (tried: an
  // optional integer that is absent was refused), so the command shares that one.
  bundle("src/cli/tablefold.ts", "dist/cli/tablefold.mjs", { external: /^effect(\/|$)/ })
]
