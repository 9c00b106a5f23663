/** Where this process spends its time: a CPU profile, self time summed by file, and files by step. */
import type { Runtime } from "node:inspector"
import { Session } from "node:inspector/promises"

export interface Profile {
  /** Milliseconds, waiting for the server (`idle`) included. */
  readonly steps: { readonly [step: string]: number }
  /** Milliseconds, the greatest first. */
  readonly files: ReadonlyArray<readonly [file: string, millis: number]>
}

/** Functions that were made at run time: Effect compiles schemas so. */
const compiled = "(compiled)"

/** In the data's way; of a file the first that fits counts, by the end of its path or by a name that V8 gives. */
const steps: ReadonlyArray<readonly [step: string, file: RegExp]> = [
  ["parse and decode", /src\/(source|decode|define)\/|^\(compiled\)$/],
  ["render", /src\/fold\/(source|view|versions)\.ts|src\/sink\/step\.ts/],
  ["fold", /src\/fold\//],
  ["parse answers", /src\/sink\/opensearch\/(answer|fetch)\.ts/],
  ["rest of the sink", /src\/sink\//],
  ["Effect", /node_modules\/effect/],
  ["garbage", /^\(garbage collector\)$/],
  ["wait for the server", /^\(idle\)$/],
  // Functions that are no JavaScript have no file: here they write to sockets above all.
  ["HTTP and sockets", /node_modules\/@opensearch-project|^node:|^[^/]*$/]
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
  const fileOf = new Map(profile.nodes.map(({ callFrame, id }) => [id, fileOfFrame(callFrame)]))
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const file = fileOf.get(id) ?? "(program)"
    files.set(file, (files.get(file) ?? 0) + (profile.timeDeltas?.[i] ?? 0) / 1000)
  }
  // What starting and ending the profile took itself.
  files.delete("node:inspector")
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

/** V8 gives its own functions no script. */
const fileOfFrame = ({ functionName, scriptId, url }: Runtime.CallFrame): string => {
  if (url !== "") return url.replace(/^file:\/\/.*?\/((src|test|node_modules)\/)/, "$1")
  return scriptId === "0" ? functionName : compiled
}
