/** Tests of the construct, for which aws-cdk-lib is installed here: `npm run test:cdk`. */
import { join } from "node:path"
import { defineConfig } from "vitest/config"

const installed = join(import.meta.dirname, "node_modules")

export default defineConfig({
  // The construct stands outside, where it would be looked for in vain.
  resolve: { alias: [{ find: /^(aws-cdk-lib|constructs)(?=\/|$)/, replacement: `${installed}/$1` }] },
  test: { include: ["test/cdk/**/*.test.ts"], isolate: false, maxWorkers: 1, testTimeout: 120_000 }
})
