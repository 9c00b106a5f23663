import { defineConfig } from "rolldown"
import { input, output } from "../deploy/bundling.ts"

export default defineConfig({
  ...input,
  input: "src/example/lambda.ts",
  resolve: { mainFields: [...input.resolve.mainFields] },
  output: { ...output, dir: "dist/example/lambda" }
})
