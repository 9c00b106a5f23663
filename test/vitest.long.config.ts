/**
 * Tests that take minutes: they kill servers, put what misbehaves before them, or try a law as often as it deserves.
 * `npm run test:long`, one file at a time.
 */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: [
      "test/whole/long/**/*.long.ts",
      "test/console/page/*.long.ts",
      "test/package/*.long.ts",
      "test/**/*.laws.test.ts",
      "test/damage/damaged.test.ts",
      "test/simulate/simulate.test.ts",
      "test/whole/world.test.ts"
    ],
    globalSetup: ["test/whole/long/setup.ts", "test/servers/globalSetup.ts"],
    provide: { share: 1 },
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 180_000
  }
})
