/** Preloaded into a measured process: at its end it tells what it took, as JSON on file descriptor 3. */
import { readFileSync, writeSync } from "node:fs"

export interface Cost {
  /** The most memory that was resident at one time. */
  readonly peakBytes: number
  readonly cpuSeconds: number
}

/** What getrusage says instead would hold what the parent had at the fork. */
const peakBytes = (): number => {
  try {
    return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

process.on("exit", () => {
  const { system, user } = process.cpuUsage()
  writeSync(3, JSON.stringify({ peakBytes: peakBytes(), cpuSeconds: (system + user) / 1e6 } satisfies Cost))
})
