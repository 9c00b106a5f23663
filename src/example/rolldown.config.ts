import { defineConfig } from "rolldown"

/** One ES module without further files, as Lambda's Node runtime loads it. */
export default defineConfig({
  input: "src/example/lambda.ts",
  platform: "node",
  output: { file: "dist/example/lambda.mjs", format: "esm", minify: true, codeSplitting: false }
})
