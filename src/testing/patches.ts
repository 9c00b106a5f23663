/** Patches whose versions meet and tie, newer and older, of streams, scans and readings: for the laws of folding. */
import { Arbitrary, Schema } from "effect"
import { documentKey } from "../decode/rowKey.ts"
import type * as Version from "../Version.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import * as Patch from "../fold/Patch.ts"
import { aggregateKey, changes, index, type Options } from "./deliveries.ts"
import { eventOf } from "./events.ts"

/** Versions of which any two are often the same. */
export const versions: Arbitrary.Arbitrary<Version.Version> = Arbitrary.map(
  Arbitrary.all({ epoch: index(2), kind: index(2), sequence: index(3), reading: index(2) }),
  ({ epoch, kind, reading, sequence }) => ({
    epoch: epoch * 1_767_225_600_000,
    kind: kind === 0 ? 0 : 1,
    sequence: ["9", "10", "100000000000000000001"][sequence]!,
    reading
  })
)

/** The patch of changes of one document, a fifth of them refused, under versions that often tie; empty ones too. */
export const patches = (aggregate: Aggregate.Any, options: Options = {}): Arbitrary.Arbitrary<Patch.Patch> => {
  const event = Arbitrary.all({
    change: changes([aggregate], options),
    version: versions,
    isInsert: Arbitrary.schema(Schema.Boolean),
    refused: index(5)
  })
  return Arbitrary.map(Arbitrary.array(event, { maxLength: options.eventsMax ?? 6 }), (made) => {
    const events = made.map(({ change: { json, key, row, shape }, isInsert, refused: is, version }) => {
      const refused = is === 4 ? "it is refused" : undefined
      // A scan's word that a row is gone is no part of the algebra: see `Document.apply`.
      const reading = json === undefined && version.kind === 0 ? 1 : version.reading
      return eventOf(shape, row, key, json, { version: { ...version, reading }, isInsert, refused })
    })
    const [patch = nothing(aggregate, options)] = Patch.fromEvents(events)
    return patch
  })
}

const nothing = (aggregate: Aggregate.Any, { keyPrefix = "" }: Options): Patch.Patch => {
  const shape = Shape.of(aggregate)
  return Patch.make({ shape, ...documentKey(shape, aggregateKey(shape, `${keyPrefix}1`)), ...Patch.empty })
}
