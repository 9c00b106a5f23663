/** The log lines of functions that run in the test's own process, and nothing of them in the test's output. */
import { afterEach, beforeEach, vi } from "vitest"

/** Gives the lines of the running test so far. Called once, at the top of a file or a suite. */
export const logged = (): (() => ReadonlyArray<string>) => {
  let lines: Array<string> = []
  beforeEach(() => {
    lines = []
    const { write } = process.stdout
    vi.spyOn(process.stdout, "write").mockImplementation((text: string | Uint8Array, ...others: Array<any>) => {
      if (typeof text !== "string" || !text.startsWith('{"timestamp":'))
        return write.call(process.stdout, text, ...others)
      lines.push(...text.trimEnd().split("\n"))
      return true
    })
  })
  afterEach(() => void vi.restoreAllMocks())
  return () => lines
}
