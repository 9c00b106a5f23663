/** How far a scan is, on a terminal and off it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { afterEach, vi } from "vitest"
import type { Progress } from "../../src/maintain/BackfillTally.ts"

/** What standard error was before the modules that look at it are loaded. */
const stderr = { isTTY: process.stderr.isTTY, columns: process.stderr.columns }

afterEach(() => {
  Object.assign(process.stderr, stderr)
  vi.restoreAllMocks()
})

/** To the line's beginning, and what stands there goes. */
const clear = "\r\u001B[K"

/** What is written while a thousand rows are read each tenth of a second, of 100,000, in half a minute. */
const shown = Effect.fnUntraced(function* (about: { readonly isTTY: boolean; readonly columns: number }) {
  Object.assign(process.stderr, about)
  vi.resetModules()
  const { shower } = yield* Effect.promise(() => import("../../src/cli/scanFlags.ts"))
  const { backfillLine } = yield* Effect.promise(() => import("../../src/cli/backfill.ts"))
  const { endStatus, say } = yield* Effect.promise(() => import("../../src/cli/terminal.ts"))
  const written: Array<string> = []
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0)
  const show = yield* shower(backfillLine("shop"))
  const before = { rowsBefore: 10_000, rowsTotal: 400_000, written: 0, units: 0 }
  for (let n = 1; n <= 300; n++) {
    yield* TestClock.adjust("100 millis")
    yield* show({ ...before, rows: n * 1000, documents: n * 100 } satisfies Progress)
    if (n === 150) say("half of it")
  }
  endStatus()
  return written
})

describe("how far a backfill is", () => {
  it.effect("is one line on a terminal, drawn over itself: rows, documents, rate and time left", () =>
    Effect.gen(function* () {
      const written = yield* shown({ isTTY: true, columns: 100 })
      const screen = written
        .join("")
        .split("\n")
        .map((line) => line.split(clear).at(-1))
        .join("\n")
      assert.strictEqual(
        screen,
        "half of it\nshop: 77 % · 310,000 rows · 30,000 documents · 10,000 rows/s · 9 s left\n"
      )
      // Five times a second, and once more below the sentence.
      assert.strictEqual(written.filter((text) => text.includes("shop: ")).length, 151)
      assert.isTrue(written.every((text) => text.indexOf("\n") === -1 || /^\n$|half of it/.test(text)))
    })
  )

  it.effect("is cut to the terminal's width, or it would not be one line", () =>
    Effect.gen(function* () {
      const written = yield* shown({ isTTY: true, columns: 30 })
      for (const line of written.join("\n").replaceAll(clear, "\n").split("\n")) assert.isBelow(line.length, 30)
    })
  )

  it.effect("is a line of its own each five seconds where there is no terminal", () =>
    Effect.gen(function* () {
      const written = yield* shown({ isTTY: false, columns: 30 })
      assert.deepStrictEqual(written, [
        "shop: 15 % · 60,000 rows · 5,000 documents · 10,000 rows/s · 34 s left\n",
        "shop: 27 % · 110,000 rows · 10,000 documents · 10,000 rows/s · 29 s left\n",
        "shop: 40 % · 160,000 rows · 15,000 documents · 10,000 rows/s · 24 s left\n",
        "half of it\n",
        "shop: 52 % · 210,000 rows · 20,000 documents · 10,000 rows/s · 19 s left\n",
        "shop: 65 % · 260,000 rows · 25,000 documents · 10,000 rows/s · 14 s left\n",
        "shop: 77 % · 310,000 rows · 30,000 documents · 10,000 rows/s · 9 s left\n"
      ])
    })
  )
})
