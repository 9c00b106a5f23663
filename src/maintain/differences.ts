/** Documents that were found to differ: looked at again, judged, and repaired within a bound. */
import { Clock, Effect } from "effect"
import type { Shape } from "../define/Shape.ts"
import type { DocumentRef } from "../define/DocumentRef.ts"
import type { Difference } from "../sink/opensearch/Proof.ts"
import { addressOf, readable } from "./address.ts"
import { isNoDrift } from "./compare.ts"
import { inspectEach, type Inspected } from "./inspect.ts"
import { basisOfDrift } from "./inspections.ts"
import { type ProofRun, refsOf } from "./ProofRun.ts"
import { conclude, type Options, watch } from "./settle.ts"
import { Tally } from "./VerifyTally.ts"

/** Looks again at the documents that differed before this run. */
export const lookAgain = Effect.fnUntraced(function* (run: ProofRun, tableName: string) {
  for (const { shape } of run.own) {
    yield* inspectEach(run.table, tableName, refsOf(shape, run.known(shape)), (inspected) => note(run, inspected))
  }
})

/** Looks again at all candidates of this run, after the time to settle; those that still differ are remembered. */
export const settleCandidates = Effect.fnUntraced(function* (run: ProofRun, options: Options) {
  const ends = {
    stands: (inspected: Inspected) => note(run, inspected),
    isFollowed: () => Effect.void,
    isOpen: (inspected: Inspected) => note(run, inspected)
  }
  // Once more is enough: what is in motion then is looked at again by the next run.
  yield* watch(run.table, { ...options, inspectionsMax: 1 }, run.candidates.take(), ends)
})

/** Notes a look, under the time after it: the stream is to be seen past all that was read. */
const note = Effect.fnUntraced(function* (run: ProofRun, inspected: Inspected) {
  const at = yield* Clock.currentTimeMillis
  const basis = basisOfDrift(inspected)
  const kinds = kindsOf(inspected)
  const wrong = run.note(inspected.candidate, basis === undefined ? undefined : { basis, kinds, at })
  if (wrong !== undefined) {
    yield* Effect.logError(`${nameOf(run, inspected.candidate)} is not as the table has it: ${kinds.join(", ")}`)
  }
})

const kindsOf = ({ findings }: Inspected): ReadonlyArray<string> => [
  ...new Set(findings.flatMap(({ kind }) => (isNoDrift(kind) ? [] : kind)))
]

const nameOf = (run: ProofRun, ref: DocumentRef): string =>
  `${ref.shape.aggregate.name} ${readable(run.described, addressOf(ref), undefined)}`

/** Repairs the wrong documents, unless more are wrong than may be repaired in a round. */
export const repairWrong = Effect.fnUntraced(function* (run: ProofRun, tableName: string, repairsMax: number) {
  if (repairsMax === 0) return
  const all = run.own.map(({ shape }) => ({ shape, wrong: run.known(shape).filter(({ isWrong }) => isWrong) }))
  const count = all.reduce((sum, { wrong }) => sum + wrong.length, 0)
  const before = Math.max(...run.own.map(({ proof }) => proof.repaired))
  if (count + before > repairsMax) {
    const again = before === 0 ? "" : `, after ${before} in this round`
    const bound = `more than the ${repairsMax} that are repaired by itself`
    yield* Effect.logError(`${count} documents are wrong${again}, ${bound}: none is; run \`tablefold verify --repair\``)
    return
  }
  for (const { shape, wrong } of all) yield* repairSome(run, shape, wrong, tableName)
})

const repairSome = Effect.fnUntraced(function* (
  run: ProofRun,
  shape: Shape,
  wrong: ReadonlyArray<Difference>,
  tableName: string
) {
  const bases = new Map(wrong.map(({ basis, id }) => [id, basis]))
  const tally = new Tally(yield* Clock.currentTimeMillis, {}, { namedMax: wrong.length, withValues: false })
  tally.begin(run.described)
  yield* inspectEach(
    run.table,
    tableName,
    refsOf(shape, wrong),
    Effect.fnUntraced(function* (inspected: Inspected) {
      const { candidate, findings } = inspected
      if (basisOfDrift(inspected) !== bases.get(candidate.id)) return
      const before = tally.report().repaired
      const drift = findings.filter(({ kind }) => !isNoDrift(kind))
      yield* conclude(inspected, drift, { isRepairing: true }, tally)
      if (tally.report().repaired === before) return
      run.repaired++
      run.note(candidate, undefined)
      yield* Effect.logWarning(`${nameOf(run, candidate)} is repaired: ${kindsOf(inspected).join(", ")}`)
    })
  )
  for (const own of run.own) own.proof = { ...own.proof, repaired: own.proof.repaired + tally.report().repaired }
})
