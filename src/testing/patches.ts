/** Patches whose versions meet and tie, newer and older, of streams, scans and readings: for the laws of folding. */
import { Arbitrary, Schema } from "effect"
import type { Version } from "../decode/Version.ts"
import { documentKey } from "../decode/rowKey.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import * as Patch from "../fold/Patch.ts"
import { aggregateKey, changes, index, type Options } from "./deliveries.ts"
import { eventOf } from "./events.ts"

/** Versions of which any two are often the same. */
export const versions: Arbitrary.Arbitrary<Version> = Arbitrary.map(
  Arbitrary.all({ epoch: index(2), kind: index(2), sequence: index(3), reading: index(2) }),
  ({ epoch, kind, reading, sequence }) => ({
    epoch: epoch * 1_767_225_600_000,
    kind: kind === 0 ? 0 : 1,
    sequence: ["9", "10", "100000000000000000001"][sequence]!,
    reading
  })
)

/** The patch of some changes of one document, under versions that often tie; empty ones too. */
export const patches = (aggregate: Aggregate.Any, options: Options = {}): Arbitrary.Arbitrary<Patch.Patch> => {
  const event = Arbitrary.all({
    change: changes([aggregate], options),
    version: versions,
    isInsert: Arbitrary.schema(Schema.Boolean)
  })
  return Arbitrary.map(Arbitrary.array(event, { maxLength: options.eventsMax ?? 6 }), (events) => {
    const [patch] = Patch.fromEvents(
      events.map(({ change: { json, key, row, shape }, isInsert, version }) =>
        eventOf(shape, row, key, json, { version, isInsert })
      )
    )
    return patch ?? nothing(aggregate, options)
  })
}

const nothing = (aggregate: Aggregate.Any, { keyPrefix = "" }: Options): Patch.Patch => {
  const shape = Shape.of(aggregate)
  return { shape, ...documentKey(shape, aggregateKey(shape, `${keyPrefix}1`)), registers: Patch.empty }
}
