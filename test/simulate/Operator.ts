/**
 * Somebody who runs the steps of a rebuild, as the commands do: an index made, filled, verified, promoted, rolled back,
 * dropped. A step is a process of its own, which may be killed in its midst.
 */
import { Cause, Effect, Exit, Fiber, Layer, Logger } from "effect"
import * as Table from "../../src/define/Table.ts"
import { backfill } from "../../src/maintain/backfill.ts"
import * as openSearchDocuments from "../../src/maintain/openSearchDocuments.ts"
import { plan } from "../../src/generation/plan.ts"
import * as promote from "../../src/generation/promote.ts"
import { verify } from "../../src/maintain/verify.ts"
import type { State } from "../../src/sink/opensearch/State.ts"
import { layerMemory } from "../../src/source/scan/ScanProgress.ts"
import { layerScanApi, type MemoryTable } from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import type { Process } from "./Network.ts"
import type { Release } from "./releases.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { stateIn } from "./state.ts"
import { type StateLaws, uuidOf } from "./stateLaws.ts"
import { clockAheadOf, platform, randomOf, sinkLayer, type Surroundings } from "./Worker.ts"

export const steps = ["make", "backfill", "verify", "promote", "rollback", "drop"] as const

export type Step = (typeof steps)[number]

/** An index as it is at one moment. */
interface Seen {
  readonly name: string
  readonly isLive: boolean
  readonly state: State | undefined
}

export class Operator {
  readonly problems: Array<string> = []
  /** When the newest verification began that found an index right, by the index's identity. */
  readonly verifiedFrom = new Map<string, number>()
  /** When steps of each release ran, from the first on. */
  readonly ran: Array<{ readonly release: Release; readonly beganAt: number; readonly endedAt: number }> = []
  private started = 0
  private readonly around: Surroundings
  private readonly server: SimulatedOpenSearch
  private readonly laws: StateLaws
  private readonly table: MemoryTable
  private readonly random: SeededRandom

  constructor(
    around: Surroundings,
    server: SimulatedOpenSearch,
    laws: StateLaws,
    table: MemoryTable,
    random: SeededRandom
  ) {
    this.around = around
    this.server = server
    this.laws = laws
    this.table = table
    this.random = random
  }

  /** Runs a step to its end, unless it is killed or takes too long. Gives whether it came to its end. */
  run(step: Step, release: Release): Effect.Effect<boolean> {
    return Effect.gen({ self: this }, function* () {
      const { around, random } = this
      const name = `operator${++this.started}`
      const process: Process = { name, isDead: false, clockAhead: clockAheadOf(around, random) }
      const timeout = random.chance(0.15) ? Math.round(random.wild(1, 30_000)) : 300_000
      around.journal.count(`operator: ${step}`)
      around.journal.say(`${name} ${step} of ${release.name}`)
      const beganAt = yield* around.clock.currentTimeMillis
      const running = Effect.provide(this.effectOf(step, release), this.layer(process)) as Effect.Effect<string, Error>
      const death = Effect.map(Effect.sleep(timeout), () => {
        process.isDead = true
        around.journal.count("operators killed")
        return "is killed"
      })
      // Whoever is killed cleans nothing up, so it is not interrupted: its requests have no answer any more.
      const fiber = yield* Effect.forkDetach(running)
      const exit = yield* Effect.exit(Effect.raceFirst(Fiber.join(fiber), death))
      const endedAt = yield* around.clock.currentTimeMillis
      this.ran.push({ release, beganAt, endedAt })
      if (Exit.isFailure(exit)) {
        around.journal.say(`${name} fails: ${Cause.squash(exit.cause)}`)
        if (Cause.hasDies(exit.cause)) this.problems.push(`${step} threw: ${Cause.pretty(exit.cause)}`)
        return false
      }
      around.journal.say(`${name} ${exit.value}`)
      return !process.isDead
    })
  }

  private layer(process: Process) {
    const { around } = this
    const transport = around.network.layer(process)
    const layer = Layer.mergeAll(
      Layer.provide(openSearchDocuments.layer({ pageMax: 3 }), transport),
      sinkLayer({ ...around, sinkOptions: { ...around.sinkOptions, cacheBytesMax: 0 } }, process),
      transport,
      layerScanApi(this.table),
      layerTableReader(this.table),
      layerMemory,
      Logger.layer([Logger.consoleJson])
    )
    return Layer.provideMerge(layer, platform(around, process, around.parts.random ?? randomOf(this.random.fork())))
  }

  private effectOf(step: Step, release: Release): Effect.Effect<string, unknown, any> {
    const { order } = release
    const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [order] as [typeof order] })
    const { tableName } = this.table
    if (step === "make") return this.make(release)
    if (step === "backfill") {
      return Effect.map(backfill(table, { tableName, segments: 1 }), ({ rows }) => `filled from ${rows} rows`)
    }
    if (step === "verify") return this.verify(release, table)
    if (step === "drop") {
      const left = this.indices().filter(({ isLive }) => !isLive || this.random.chance(0.2))
      const index = this.random.pick(["orders-000001", ...left.map(({ name }) => name)])
      return Effect.map(promote.drop(order, "", index), () => `dropped ${index}`)
    }
    return this.lead(step, release)
  }

  private make({ order }: Release) {
    const { tableArn } = this.table
    return Effect.gen(function* () {
      const [planned] = yield* plan([order], "")
      if (planned?.change._tag !== "NewGeneration") return `makes nothing: ${planned?.change._tag}`
      const { index, isNew } = yield* promote.make(order, "", { kind: "stream", tableArn, epoch: 0 })
      return `${isNew ? "made" : "found"} ${index}`
    })
  }

  private verify({ hash, order }: Release, table: Table.Table) {
    return Effect.gen({ self: this }, function* () {
      const isRepairing = this.random.chance(0.7)
      const beganAt = this.around.clock.currentTimeMillisUnsafe()
      const { tableName } = this.table
      const report = yield* verify(table, { tableName, segments: 1, settle: "3 seconds", isRepairing })
      const { drift, generations, repaired } = report
      if (drift > 0) return `found ${drift} places wrong and repaired ${repaired}`
      const own = this.indices().find(({ state }) => state?.current === hash)
      const index = own === undefined ? undefined : this.server.indices.get(own.name)
      if (index !== undefined) this.laws.begun.set(uuidOf(index), generations[order.name]!.marks)
      const isMarked = yield* promote.markVerified(order, "", report)
      if (isMarked && index !== undefined) this.verifiedFrom.set(uuidOf(index), beganAt)
      return isMarked ? `verified ${own?.name}` : "verified what is marked again"
    })
  }

  /** Leads readers on or back, and checks that it was right to do so. */
  private lead(step: "promote" | "rollback", { hash, order }: Release) {
    return Effect.gen({ self: this }, function* () {
      const before = this.indices()
      const { from, to } = yield* step === "promote" ? promote.promote(order, "") : promote.rollback(order, "")
      if (from === undefined) return `found readers at ${to}`
      this.around.journal.count(`readers led by ${step}`)
      const after = this.indices()
      const reasons = (seen: ReadonlyArray<Seen>) =>
        step === "promote" ? notReady(seen, hash, from) : incompleteIn(seen, to)
      const last = reasons(after)
      // What stood before and after stood meanwhile.
      const wrong = reasons(before).filter((reason) => last.includes(reason))
      this.problems.push(...wrong.map((reason) => `${step} led readers from ${from} to ${to}: ${reason}`))
      return `led readers from ${from} to ${to}`
    })
  }

  private indices(): ReadonlyArray<Seen> {
    return [...this.server.indices].flatMap(([name, index]) =>
      name.startsWith("orders-") ? [{ name, isLive: index.aliases.has("orders"), state: stateIn(index) }] : []
    )
  }
}

const incompleteIn = (seen: ReadonlyArray<Seen>, name: string): ReadonlyArray<string> =>
  seen.find((index) => index.name === name)?.state?.incomplete === undefined ? [] : ["it is incomplete"]

/** Why an index must not be promoted, as the design has it. */
const notReady = (seen: ReadonlyArray<Seen>, hash: string, from: string): ReadonlyArray<string> => {
  const own = seen.find(({ state }) => state?.current === hash)
  if (own?.state === undefined) return ["it has no state"]
  const { filled, incomplete, verificationDue, verifiedAt, writers } = own.state
  const number = Number(own.name.slice(own.name.lastIndexOf("-") + 1))
  const before = Object.values(seen.find(({ name }) => name === from)?.state?.writers ?? {})
  return [
    ...(filled ? [] : ["it was never filled"]),
    ...(incomplete === undefined ? [] : ["it is incomplete"]),
    ...(verificationDue === undefined ? [] : ["a verification is due"]),
    ...(verifiedAt === undefined ? ["it was never verified"] : []),
    ...(Object.keys(writers).length === 0 && before.some(({ newest }) => newest >= number)
      ? ["those that write the one before left it out"]
      : [])
  ]
}
