import { defineConfig } from "rolldown"

export default defineConfig({
  input: "src/example/lambda.ts",
  platform: "node",
  // The SDK as ES modules: what is not used of it is left out.
  resolve: { mainFields: ["module", "main"] },
  // So that what the files share stands in the handler's own.
  preserveEntrySignatures: "allow-extension",
  // What is loaded on demand (signing, the queue) stays in files of its own: Node reads all of a file before it runs
  // any, and a function should not wait at its start for what it may never need. All of the folder goes into the zip.
  output: {
    dir: "dist/example/lambda",
    entryFileNames: "index.mjs",
    chunkFileNames: "[name]-[hash].mjs",
    format: "esm",
    minify: true
  }
})
