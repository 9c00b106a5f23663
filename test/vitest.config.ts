import { configDefaults, defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/cdk/**"],
    globalSetup: ["test/servers/globalSetup.ts"],
    provide: { share: 1 / 5 },
    maxWorkers: 2,
    // A file that changes what others see puts it back: half of the time of a small one is loading Effect.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000
  }
})
