/**
 * Tests that take minutes: they kill servers, or put what misbehaves before them. `npm run test:long`, one file at a
 * time.
 */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/whole/long/**/*.long.ts"],
    globalSetup: ["test/whole/long/setup.ts"],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 180_000
  }
})
