/**
 * Records of another table that reach the same function: a replica in another region, or a table beside it with rows
 * of the same keys. Nothing of them may get in, and nothing may be acknowledged.
 */
import { Effect } from "effect"
import type { SeededRandom } from "./SeededRandom.ts"
import { type Mapping, pausedFor } from "./EventSource.ts"
import type { History } from "./History.ts"
import type { Delivered } from "./records.ts"
import { settledOf } from "./settledOf.ts"

/** Delivers such records now and then, for as long as `goesOn`. */
export const intrude = (
  mapping: Mapping,
  history: History,
  random: SeededRandom,
  goesOn: () => boolean
): Effect.Effect<void> => {
  const rename = random.pick([
    (arn: string) => arn.replace(":memory:", ":elsewhere:"),
    (arn: string) => arn.replace("table/shop", "table/shop-of-others")
  ])
  const step = Effect.gen(function* () {
    yield* Effect.sleep(mapping.isPaused ? pausedFor : random.between(500, 10_000))
    // A row's first record says where its index comes from; before it, any table could.
    const known = [...mapping.acknowledged].filter(({ isRefused, key }) => !isRefused && isClaimed(history, key))
    if (known.length === 0 || mapping.isPaused || !goesOn()) return
    const record = elsewhere(random.pick(known), rename)
    mapping.journal.count("records of another table")
    const answer = yield* mapping.fleet.invoke([record])
    if ((settledOf([record], answer) ?? 0) > 0) {
      mapping.problems.push(`acknowledged a record of another table: ${record.label}`)
    }
  })
  return Effect.repeat(step, { until: () => !goesOn() })
}

/** Tells whether each state of a row is of some document: what is of none gets in nowhere and may be acknowledged. */
const isClaimed = ({ rows, shown }: History, key: string): boolean => {
  const fields = shown.filter(([other]) => other === key).map(([, { states }]) => states)
  const states = rows.get(key)?.states ?? []
  return fields.length > 0 && states.every(({ json }, i) => !json || fields.some((field) => field[i]!.json))
}

/** The same change as the other table tells it, newer by its number than anything of ours. */
const elsewhere = (record: Delivered, rename: (arn: string) => string): Delivered => {
  const event = record.event as { readonly eventSourceARN: string; readonly dynamodb: object }
  const sequenceNumber = `9${record.sequenceNumber}`
  const renamed = {
    ...event,
    eventSourceARN: rename(event.eventSourceARN),
    dynamodb: { ...event.dynamodb, SequenceNumber: sequenceNumber }
  }
  return { ...record, event: renamed, sequenceNumber, label: `${record.label} of another table` }
}
