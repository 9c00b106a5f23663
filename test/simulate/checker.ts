/** The end of a run: what was set aside is delivered again, and what the index has is compared with the table. */
import { Effect } from "effect"
import { reservedId } from "../../src/decode/rowKey.ts"
import type { Mapping } from "./EventSource.ts"
import { inWords } from "./inWords.ts"
import * as Losses from "./losses.ts"
import { settledOf } from "./settledOf.ts"
import { type Difference, differences, type Stored } from "./oracle.ts"
import type { Rollouts } from "./rollouts.ts"
import type { FaultInjector } from "./FaultInjector.ts"
import type { Delivered } from "./records.ts"

/** Delivers alone what was given up before, until it is settled or is one that must be refused. */
export const settleRest = Effect.fnUntraced(function* (mapping: Mapping) {
  for (const record of mapping.setAside) yield* settle(mapping, record)
})

const settle = Effect.fnUntraced(function* (mapping: Mapping, record: Delivered) {
  for (let tries = 0; tries < 20; tries++) {
    const answer = yield* mapping.fleet.invoke([record])
    if (settledOf([record], answer) === 1) return void mapping.acknowledged.add(record)
    if (answer._tag !== "Died" && record.isRefused) return
    yield* Effect.sleep(100)
  }
})

interface World extends Losses.World {
  readonly fill: (name: string) => Effect.Effect<void>
  readonly verify: Effect.Effect<void>
  /** Where definitions come and go; orders are judged there, by a rule of their own. */
  readonly rollouts: Rollouts | undefined
}

const aggregatesOf = ({ around, rollouts }: World) =>
  around.table.aggregates.flatMap(({ name }) => (name === "orders" && rollouts !== undefined ? [] : name))

export const verdict = Effect.fnUntraced(function* (world: World) {
  const { around, mapping, faults } = world
  const { journal } = around
  if (faults.taken.size > 0 || world.unread.keys.size > 0) {
    mapping.problems.push(...Losses.breaches(world, compare(world)))
    yield* world.fill("last backfill")
    const stale = compare(world)
    const puzzling = stale.filter((difference) => !isExcused(world, difference))
    for (const difference of puzzling) mapping.problems.push(`after a backfill, ${inWords(difference)}`)
    if (stale.length > 0) {
      // What an old delivery brought into the new index, no scan can know: only the streams themselves, read again.
      journal.count("documents that a backfill alone did not heal", stale.length)
      for (const record of mapping.seen) yield* settle(mapping, record)
    }
    // What was never read, only the table itself can say.
    if (world.unread.keys.size > 0) yield* world.verify
  }
  const wrong = compare(world)
  const rolledOut = yield* world.rollouts?.verdict ?? Effect.succeed([])
  const unaccounted = mapping.seen.filter((record) =>
    mapping.acknowledged.has(record) ? isLastAndRefused(world, record) : !record.isRefused
  )
  const problems = [
    ...mapping.problems,
    ...rolledOut,
    ...unsaid(world),
    ...unjustDeadLetters(world),
    ...wrong.map(inWords),
    ...unaccounted.map(({ isRefused, label }) => {
      return isRefused ? `acknowledged, though it must be refused: ${label}` : `never settled: ${label}`
    })
  ]
  for (const problem of problems) journal.say(`WRONG   ${problem}`)
  return { problems, wrongDocuments: wrong.length, unaccounted: unaccounted.length }
})

const lost = ({ taken }: FaultInjector): ReadonlyArray<string> =>
  [...taken].flatMap(([index, { how }]) => (how === "lost" ? [index] : []))

/** Indices made anew after a loss, of which nobody said that they lack what was there before, nor a mark says so. */
const unsaid = ({ around, server, faults }: World): ReadonlyArray<string> =>
  lost(faults).flatMap((index) => {
    const madeAt: number | undefined = server.indices.get(index)?.mappings["_meta"].tablefold.createdAt
    const isSaid = madeAt === undefined || around.journal.isSaidDue(index, madeAt)
    return isSaid || Losses.isMarkedIndex(server, index)
      ? []
      : [`nobody said that ${index} was made anew and a backfill is due`]
  })

/** Dead letters about rows that were never refused: what is only unsettled must not become one. */
const unjustDeadLetters = ({ around, history, mapping }: World): ReadonlyArray<string> =>
  [...(around.deadLetterBox?.deadLetters.values() ?? [])].flatMap(({ reason, rows }) =>
    rows.flatMap(({ key, sequenceNumber }) => {
      const record = mapping.seen.find((record) => record.key === key && record.sequenceNumber === sequenceNumber)
      // Of a scan, or of a change that the stream forgot before it was acknowledged, only the history knows.
      const isJust = record?.isRefused ?? history.rows.get(key!)?.states.some(({ isRefused }) => isRefused)
      return isJust ? [] : [`a dead letter about ${key} @${sequenceNumber}, which must be taken: ${reason}`]
    })
  )

/**
 * A state that must be refused is settled once a newer one stands, or a dead letter tells of it; without either the
 * newest never is.
 */
const isLastAndRefused = ({ around, history, mapping }: World, record: Delivered): boolean =>
  record.isRefused &&
  ![...(around.deadLetterBox?.deadLetters.values() ?? [])].some(({ rows }) =>
    rows.some(({ key, sequenceNumber }) => key === record.key && sequenceNumber === record.sequenceNumber)
  ) &&
  history.rows.get(record.key)?.states.at(-1)?.isRefused === true &&
  Losses.newest(mapping, record.key) === record

const compare = (world: World): ReadonlyArray<Difference> => {
  const { around, history, server, unread, faults } = world
  server.handle({ method: "POST", path: "/_all/_refresh" })
  return aggregatesOf(world).flatMap((aggregate) => {
    const found = server.search(aggregate)
    const documents = server.indices.get(Losses.indexOf(aggregate))?.documents ?? new Map<string, never>()
    const stored = [...documents].flatMap(([id, { text }]): Stored | [] =>
      id === reservedId ? [] : { id, source: JSON.parse(text), isFound: found.get(id) === text }
    )
    const isLost = faults.taken.has(Losses.indexOf(aggregate))
    // A dead letter about the newest of several states in one batch stands for the older ones too.
    const mayLack = isLost || unread.keys.size > 0 || around.deadLetterBox !== undefined
    return differences(aggregate, history, stored, mayLack)
  })
}

/** Tells whether an old delivery of one of the document's rows may have reached the index that was made anew. */
const isExcused = (world: World, difference: Difference): boolean => {
  const { around, history, mapping, faults } = world
  const { aggregate, id } = difference
  if (Losses.hasUnread(world, difference)) return true
  const taken = faults.taken.get(Losses.indexOf(aggregate))
  if (taken === undefined) return false
  // A snapshot brings back what any delivery before it brought.
  if (taken.how !== "lost") return true
  const late = around.deliveries.filter(({ endedAt }) => endedAt >= taken.at).flatMap(({ records }) => records)
  return Losses.rowsOf(history, aggregate, id).some(([key]) => {
    const last = Losses.newest(mapping, key)
    return late.some((record) => record.key === key && record.sequenceNumber !== last?.sequenceNumber)
  })
}
