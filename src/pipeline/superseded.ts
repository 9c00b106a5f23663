/** Changes of definitions that readers don't see, which may be left out where they can't be written. */
import { Clock, Duration, Effect } from "effect"
import { Budget } from "../Budget.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import { groupBy } from "../groupBy.ts"
import { Sink } from "../sink/Sink.ts"
import { type Open, unacknowledged } from "./settlement.ts"

export interface Definitions {
  readonly table: Table.Table
  /** The definition that is written beside it; `undefined` where nothing may be left out. */
  readonly beside: Table.Table | undefined
  readonly tableArn: string | undefined
}

/** Gives the changes that are open, but for those of definitions that are not live: the sink leaves these out. */
export const withoutSkipped = Effect.fnUntraced(function* (
  { beside, table, tableArn }: Definitions,
  open: ReadonlyArray<Open>
) {
  const sink = yield* Sink
  const left = new Set<string | undefined>()
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(yield* Budget)
  const shapeIn = (table: Table.Table | undefined, name: string | undefined) => {
    const aggregate = table?.aggregates.find((aggregate) => aggregate.name === name)
    return aggregate === undefined ? undefined : Shape.of(aggregate)
  }
  for (const [name, [first]] of groupBy(open, ({ aggregate }) => aggregate)) {
    const shape = shapeIn(table, name)
    if (shape === undefined) continue
    const time = Duration.millis(Math.max(0, until - (yield* Clock.currentTimeMillis)))
    const skipSuperseded = sink.skipSuperseded(shape, shapeIn(beside, name), tableArn, first!.reason)
    if (yield* Effect.provideService(skipSuperseded, Budget, time)) left.add(name)
  }
  return unacknowledged(open.filter(({ aggregate }) => !left.has(aggregate)))
})
