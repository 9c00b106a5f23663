/** The walk through the table: its parts are the segments of a scan, each read from where it was left. */
import { Clock, Effect, Stream } from "effect"
import * as Proof from "../sink/opensearch/Proof.ts"
import * as Scan from "../source/scan/Scan.ts"
import type { ScanApiError } from "../source/scan/ScanApi.ts"
import { ScanProgress, type State } from "../source/scan/ScanProgress.ts"
import { candidateRows } from "./candidates.ts"
import { look, type ProofRun, roomIn } from "./ProofRun.ts"

/** The parts of a table, whatever its size: a part is left and gone on with at any row. */
export const segments = 64

/** Reads the next part, or as much of it as there is room for. */
export const proveTable = Effect.fnUntraced(function* (
  run: ProofRun,
  pages: Scan.Pages<ScanApiError>,
  tableName: string
) {
  const now = yield* Clock.currentTimeMillis
  const walks = Proof.together(run.own.map(({ proof }) => proof.table))
  for (const [i, own] of run.own.entries()) {
    const walk = Proof.begin(walks[i]!, now)
    const isNew = walk.position === 0 && walk.open === undefined
    own.proof = { ...own.proof, table: walk, repaired: isNew ? 0 : own.proof.repaired }
  }
  const { open, position: segment } = walks[0]!
  let read = { at: now, compared: 0, refused: 0, ...open }
  const scan = yield* Scan.begin(pages, { target: "proof", segmentsAtOnce: 1 }).pipe(
    Effect.provideService(ScanProgress, only(segment, open?.after, run.described.tableArn, now))
  )
  const onBatch = Effect.fnUntraced(function* (batch: Scan.Batch) {
    const found = yield* candidateRows(run.table, run.described.tableArn, batch, undefined)
    const refused = yield* look(run, found, tableName)
    yield* scan.acknowledge([batch.position])
    const { changes, position } = batch
    run.rows += changes.length
    run.units += batch.units
    read = { ...read, compared: read.compared + changes.length, refused: read.refused + refused }
    for (const own of run.own) own.proof = { ...own.proof, table: readTo(own.proof.table, segment, position.at, read) }
    return yield* roomIn(run)
  })
  yield* Stream.runForEachWhile(scan.batches, onBatch)
})

/** The walk once a part is read, to its end or up to a row. */
const readTo = (
  walk: Proof.Walk,
  segment: number,
  at: Scan.Position["at"],
  read: Omit<NonNullable<Proof.Walk["open"]>, "after">
): Proof.Walk => {
  const { compared, refused } = read
  if (typeof at !== "string") return { ...walk, open: { after: at.after, at: read.at, compared, refused } }
  const upTo = segment + 1 === segments ? Proof.end : segment + 1
  return Proof.advance(walk, { upTo, at: read.at, compared, refused, widthMax: 1 })
}

/** A scan's progress in which one segment alone is left. */
const only = (
  segment: number,
  after: NonNullable<Proof.Walk["open"]>["after"] | undefined,
  tableArn: string,
  startedAt: number
): ScanProgress["Service"] => {
  const at = after === undefined ? "new" : { after }
  const state: State = {
    tableArn,
    target: "proof",
    startedAt,
    writtenFrom: null,
    rows: 0,
    segments: Array.from({ length: segments }, (_, i) => (i === segment ? at : "finished"))
  }
  return { load: Effect.succeedSome(state), save: () => Effect.void, clear: Effect.void }
}
