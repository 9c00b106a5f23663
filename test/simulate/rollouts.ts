/** The part of a run in which definitions are deployed and indices take each other's place. */
import { Effect, Fiber } from "effect"
import type { MemoryTable } from "../../src/testing/MemoryTable.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import { follow, type Mapping } from "./EventSource.ts"
import { Fleet } from "./Fleet.ts"
import type { History } from "./History.ts"
import { Operator } from "./Operator.ts"
import * as Owed from "./owed.ts"
import { deployments } from "./releases.ts"
import { Rollout } from "./Rollout.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { stateIn } from "./state.ts"
import type { StateLaws } from "./stateLaws.ts"
import { repairAll } from "./verification.ts"
import type { Surroundings } from "./Worker.ts"

export interface Rollouts {
  /** A second function on the same stream, where there is one. */
  readonly beside: ReadonlyArray<Mapping>
  /** Goes on until the faults end. */
  readonly running: Fiber.Fiber<void>
  /** To be run when nothing is under way any more: what the deployments have to say, and then the last of them. */
  readonly conclude: Effect.Effect<void>
  /** What is wrong in the end. */
  readonly verdict: Effect.Effect<ReadonlyArray<string>>
}

/** The hashes of the definitions that write some index of orders. */
export const writtenIn =
  ({ indices }: SimulatedOpenSearch) =>
  (): ReadonlySet<string> =>
    new Set(
      [...indices].flatMap(([name, index]) => (name.startsWith("orders-") ? (stateIn(index)?.current ?? []) : []))
    )

export const start = Effect.fnUntraced(function* (
  around: Surroundings,
  mapping: Mapping,
  history: History,
  server: SimulatedOpenSearch,
  laws: StateLaws,
  table: MemoryTable,
  random: SeededRandom
) {
  const operator = new Operator(around, server, laws, table, random.fork())
  const beside = random.chance(0.4) ? [besides(around, mapping, server, random)] : []
  const fleets = [mapping, ...beside].map(({ fleet }) => fleet)
  const rollout = new Rollout(fleets, operator, server, around.network, random.fork())
  const { latest } = yield* Effect.orDie(table.streamApi.findStream(table.tableName))
  for (const other of beside) {
    const reading = Effect.delay(follow(other, table, latest!.streamArn), random.below(60_000))
    mapping.background.push(yield* Effect.forkDetach(reading))
  }
  const world = { around, mapping, history, server, operator, laws }
  const problems: Array<string> = []
  const rollouts: Rollouts = {
    beside,
    running: yield* Effect.forkDetach(rollout.happen),
    conclude: Effect.gen(function* () {
      const calmFrom = around.clock.currentTimeMillisUnsafe()
      // The deployments go on, with changes to write, until each has said what it has to say.
      yield* Effect.repeat(Effect.andThen(history.touchAll, Effect.sleep(61_000)), { times: 3 })
      problems.push(...Owed.unsaid(world, calmFrom))
      rollout.settle()
    }),
    verdict: Effect.gen(function* () {
      problems.push(...Owed.breaches(world))
      const repair = (release: { readonly hash: string }) => {
        const { table: own } = deployments.find(({ releases }) => releases[0]!.hash === release.hash)!
        return repairAll({ ...around, table: own }, mapping, table, random.fork())
      }
      problems.push(...(yield* Owed.afterRepair(world, repair)))
      return problems
    })
  }
  return rollouts
})

const besides = (
  around: Surroundings,
  mapping: Mapping,
  server: SimulatedOpenSearch,
  random: SeededRandom
): Mapping => {
  const fleet = new Fleet(around, random.fork(), writtenIn(server), "B")
  return {
    ...mapping,
    fleet,
    random: random.fork(),
    seen: [],
    streams: new Set(),
    acknowledged: new Set(),
    setAside: []
  }
}
