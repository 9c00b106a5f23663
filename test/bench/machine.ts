/** What a measurement ran on, and what else that had to do. */
import { cpus, loadavg } from "node:os"
import { readFileSync } from "node:fs"

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly node: string
  readonly openSearch: string
  /** Of the last minute, before and after. */
  readonly load: readonly [before: number, after: number]
}

export const load = (): number => loadavg()[0]!

export const read = (openSearch: string, before: number): Machine => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  node: process.versions.node,
  openSearch,
  load: [before, load()]
})

/** Linux counts a process's time in hundredths of a second. */
const tickMillis = 10

/** Milliseconds of CPU that a process has had so far; nothing where the system does not tell. */
export const cpuMillisOf = (pid: number | undefined): number | undefined => {
  if (pid === undefined || process.platform !== "linux") return undefined
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) * tickMillis
}

/** Frees what can be freed, so that nobody pays for garbage of others. Needs `--expose-gc`. */
export const collectGarbage = (): void => {
  if (globalThis.gc === undefined) throw new Error("run it with npm run bench, or node --expose-gc")
  globalThis.gc()
}
