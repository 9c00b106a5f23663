/** Where this process spends its time: a CPU profile, self time summed by file, and files by step. */
import { Session } from "node:inspector/promises"

export interface Profile {
  /** Milliseconds, waiting for the server (`idle`) included. */
  readonly steps: { readonly [step: string]: number }
  /** Milliseconds, the greatest first. */
  readonly files: ReadonlyArray<readonly [file: string, millis: number]>
}

/** The first that fits, by the end of a file's path or by a name that V8 gives. */
const steps: ReadonlyArray<readonly [step: string, file: RegExp]> = [
  ["wait for the server", /^\(idle\)$/],
  ["garbage", /^\(garbage collector\)$/],
  ["parse and decode", /src\/(source|decode|define)\//],
  ["render", /src\/fold\/(source|view|versions)\.ts|src\/sink\/step\.ts/],
  ["fold", /src\/fold\//],
  ["parse answers", /src\/sink\/opensearch\/(answer|fetch)\.ts/],
  ["sink", /src\/sink\//],
  ["pipeline", /src\//],
  ["Effect", /node_modules\/effect/],
  ["HTTP", /node_modules\/@opensearch-project|^node:/],
  // Code that is no JavaScript, which here is sockets above all.
  ["native", /^\(program\)$/]
]

export const stepNames: ReadonlyArray<string> = [...steps.map(([step]) => step), "other"]

/** Profiles what runs, at a sample each half millisecond. */
export const profile = async (run: () => Promise<void>): Promise<Profile> => {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: 500 })
  await session.post("Profiler.start")
  await run()
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  const files = new Map<string, number>()
  const fileOf = new Map(
    profile.nodes.map(({ callFrame: { functionName, url }, id }) => [id, url === "" ? functionName : shorten(url)])
  )
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const file = fileOf.get(id) ?? "(program)"
    files.set(file, (files.get(file) ?? 0) + (profile.timeDeltas?.[i] ?? 0) / 1000)
  }
  return { steps: byStep(files), files: [...files].toSorted(([, a], [, b]) => b - a) }
}

export const byStep = (files: Iterable<readonly [file: string, millis: number]>): { [step: string]: number } => {
  const sums = Object.fromEntries(stepNames.map((step) => [step, 0]))
  for (const [file, millis] of files) {
    const step = steps.find(([, fits]) => fits.test(file))?.[0] ?? "other"
    sums[step]! += millis
  }
  return sums
}

const shorten = (url: string): string => url.replace(/^file:\/\/.*?\/((src|test|node_modules)\/)/, "$1")
