/**
 * The settings by which Rolldown bundles a handler: one file that is read at a start, and beside it what is loaded on
 * demand. Pure.
 */

export const input = {
  platform: "node",
  // The SDK as ES modules: what is not used of it is left out.
  resolve: { mainFields: ["module", "main"] },
  // So that what the files share stands in the handler's own.
  preserveEntrySignatures: "allow-extension"
} as const

// What is loaded on demand (signing, the queue) stays in files of its own: Node reads all of a file before it runs
// any, and a function should not wait at its start for what it may never need. All of the folder goes into the zip.
export const output = {
  entryFileNames: "index.mjs",
  chunkFileNames: "[name]-[hash].mjs",
  format: "esm",
  minify: true
} as const
