/**
 * The walk through an index, in the order of its writes. A document that is written moves to the end; a round goes up
 * to where the end was as it began, and then once more up to where it is by then. So all that stands still is read, and
 * no rate of writes keeps a round from ending.
 */
import { Clock, Effect } from "effect"
import type { Shape } from "../define/Shape.ts"
import * as Proof from "../sink/opensearch/Proof.ts"
import { candidateDocuments } from "./candidates.ts"
import { look, type ProofRun, roomIn } from "./ProofRun.ts"
import { Proofs } from "./Proofs.ts"
import { StoredDocuments } from "./StoredDocuments.ts"

/** The parts of an index, at most. */
const parts = 32

/** Reads the next part, or as much of it as there is room for. */
export const proveIndex = Effect.fnUntraced(function* (run: ProofRun, shape: Shape, tableName: string) {
  const own = run.own.find((one) => one.shape === shape)!
  const proofs = yield* Proofs
  const at = yield* Clock.currentTimeMillis
  const walk = yield* headed(Proof.begin(own.proof.index, at), proofs.end(own.held), at)
  const { position, until } = walk
  const widthMax = Math.max(1, Math.ceil((until?.place ?? 0) / parts))
  const keep = (index: Proof.Walk) => (own.proof = { ...own.proof, index })
  if (until === undefined) return keep(walk)
  const to = Math.min(until.place, position + widthMax)
  let place = position
  let compared = 0
  while (place < to && (yield* roomIn(run))) {
    const page = yield* proofs.page(own.held, place, to)
    compared += yield* readPage(run, shape, page.ids, tableName)
    place = page.next
  }
  return keep(Proof.advance(walk, { upTo: place, at, compared, refused: 0, widthMax }))
})

/** The walk with a place to go to; without one where it has come round. */
const headed = Effect.fnUntraced(function* <E, R>(walk: Proof.Walk, end: Effect.Effect<number, E, R>, now: number) {
  const { position, until } = walk
  if (until === undefined) return { ...walk, until: { place: yield* end, at: now, isLast: false } } satisfies Proof.Walk
  if (position < until.place) return walk
  const place = until.isLast ? until.place : yield* end
  if (place > until.place) return { ...walk, until: { place, at: now, isLast: true } } satisfies Proof.Walk
  const at = until.isLast ? until.at : now
  return Proof.advance(walk, { upTo: Proof.end, at, compared: 0, refused: 0, widthMax: 0 })
})

/** Documents that are gone by now are not counted: there is nothing to compare. */
const readPage = Effect.fnUntraced(function* (
  run: ProofRun,
  shape: Shape,
  ids: ReadonlyArray<string>,
  tableName: string
) {
  const documents = yield* StoredDocuments
  let compared = 0
  for (let left = ids; left.length > 0;) {
    const { count, found } = yield* documents.read(shape, run.described.tableArn, left)
    // Whatever is cut by pages of the scan is compared with all of its rows there.
    const suspects = yield* candidateDocuments(shape, [...found.values()], run.described, new Set())
    yield* look(run, suspects, tableName)
    run.documents += found.size
    compared += found.size
    left = left.slice(count)
  }
  return compared
})
