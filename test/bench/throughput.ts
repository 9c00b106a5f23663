/**
 * The contenders of a workload in alternating rounds, in this one process: whatever else the machine does in a round
 * befalls all of them, so ratios are taken within rounds.
 */
import { check } from "./check.ts"
import type { Contender } from "./contenders.ts"
import * as machine from "./machine.ts"
import { type Profile, profile } from "./profile.ts"
import type { Speed, Throughput } from "./Results.ts"
import { median } from "./statistics.ts"
import type { Batch, Workload } from "./workload.ts"

export interface Server {
  readonly node: string
  /** Unknown for a server that ran before. */
  readonly pid: number | undefined
}

export interface Cost {
  readonly millis: number
  readonly clientMillis: number
  readonly serverMillis: number | undefined
  readonly requests: number
  readonly bytes: number
  readonly refused: number
}

/** What it takes to write the batches; making them is not counted. */
export const measure = async (
  { pid }: Server,
  contender: Contender,
  batches: ReadonlyArray<Batch>,
  around: (run: () => Promise<void>) => Promise<unknown> = (run) => run()
): Promise<Cost> => {
  const run = await contender.prepare(batches)
  machine.collectGarbage()
  const counts = contender.counts()
  const server = machine.cpuMillisOf(pid)
  const client = process.cpuUsage()
  const begin = performance.now()
  await around(run)
  const millis = performance.now() - begin
  const { system, user } = process.cpuUsage(client)
  const now = contender.counts()
  return {
    millis,
    clientMillis: (system + user) / 1000,
    serverMillis: server === undefined ? undefined : machine.cpuMillisOf(pid)! - server,
    requests: now.requests - counts.requests,
    bytes: now.bytes - counts.bytes,
    refused: now.refused - counts.refused
  }
}

/** Batches prepared at one time while orders are made: all of them might not fit into the memory. */
const preparedMax = 50

/** Writes what is there before, and a first round that nobody measures. */
export const warm = async (server: Server, contenders: ReadonlyArray<Contender>, workload: Workload): Promise<void> => {
  const batches = workload.round(0)
  for (const contender of contenders) {
    const write = async (batches: ReadonlyArray<Batch>) => {
      const run = await contender.prepare(batches)
      await run()
    }
    for (let at = 0; at < workload.before.length; at += preparedMax) {
      await write(workload.before.slice(at, at + preparedMax))
    }
    await write(batches)
    await check(server.node, contender, workload)
  }
}

export const compare = async (
  server: Server,
  workload: Workload,
  contenders: ReadonlyArray<Contender>,
  rounds: number
): Promise<Throughput> => {
  await warm(server, contenders, workload)
  const costs = new Map(contenders.map((contender) => [contender, new Array<Cost>()]))
  const profiles = new Map<Contender, Profile>()
  let batches: ReadonlyArray<Batch> = []
  for (let round = 1; round <= rounds + 1; round++) {
    batches = workload.round(round)
    // Each in turn is the first.
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      if (round <= rounds) costs.get(contender)!.push(await measure(server, contender, batches))
      else await measure(server, contender, batches, async (run) => profiles.set(contender, await profile(run)))
      await check(server.node, contender, workload)
    }
  }
  for (const contender of contenders) await contender.end()
  const changes = batches.reduce((sum, { event }) => sum + event.Records.length, 0)
  const limit = costs.get(contenders[0]!)!
  return {
    name: workload.name,
    rounds,
    changes,
    batches: batches.length,
    documents: batches.reduce((sum, { documents }) => sum + documents.length, 0),
    contenders: contenders.map((contender) =>
      speed(contender, changes, costs.get(contender)!, limit, profiles.get(contender)!)
    )
  }
}

const speed = (
  { name }: Contender,
  changes: number,
  costs: ReadonlyArray<Cost>,
  limit: ReadonlyArray<Cost>,
  profile: Profile
): Speed => {
  const of = (pick: (cost: Cost) => number) => median(costs.map(pick))
  const ratios = costs.map(({ millis }, i) => limit[i]!.millis / millis)
  const all = Object.values(profile.steps).reduce((sum, millis) => sum + millis, 0)
  const isServerKnown = costs.every(({ serverMillis }) => serverMillis !== undefined)
  return {
    name,
    perSecond: of(({ millis }) => (changes / millis) * 1000),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
    clientSeconds: of(({ clientMillis }) => (clientMillis * 1000) / changes),
    serverSeconds: isServerKnown ? of(({ serverMillis }) => (serverMillis! * 1000) / changes) : undefined,
    clientCores: of(({ clientMillis, millis }) => clientMillis / millis),
    serverCores: isServerKnown ? of(({ millis, serverMillis }) => serverMillis! / millis) : undefined,
    bytesPerChange: of(({ bytes }) => bytes / changes),
    requestsPerThousand: of(({ requests }) => (requests * 1000) / changes),
    refusedPerThousand: of(({ refused }) => (refused * 1000) / changes),
    steps: Object.fromEntries(Object.entries(profile.steps).map(([step, millis]) => [step, millis / all])),
    files: profile.files.slice(0, 12).map(([file, millis]) => [file, millis / all])
  }
}
