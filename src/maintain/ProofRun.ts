/** One run of proof: what it read, what it found, and how far the walks came. */
import { Clock, Effect } from "effect"
import type { DocumentRef } from "../define/DocumentRef.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import * as Proof from "../sink/opensearch/Proof.ts"
import type { TableDescription } from "../source/scan/ScanApi.ts"
import { CandidateSet } from "./CandidateSet.ts"
import { isNoDrift } from "./compare.ts"
import { inspectEach } from "./inspect.ts"
import type { Held } from "./Proofs.ts"

/** The limits of a run. */
export interface Limits {
  /** The time at which reading ends, in epoch milliseconds. */
  readonly until: number
  /** Read units after which it ends. */
  readonly unitsMax: number
}

/** Documents that differ and are remembered; where there are more, nothing further is read. */
const differencesMax = 100

/** An aggregate with its proof, as it was loaded and as it is by now. */
interface Own {
  readonly shape: Shape.Shape
  readonly held: Held
  proof: Proof.Proof
}

export class ProofRun {
  units = 0
  rows = 0
  documents = 0
  repaired = 0
  readonly candidates = new CandidateSet()
  readonly table: Table.Table
  readonly described: TableDescription
  readonly own: ReadonlyArray<Own>
  readonly limits: Limits
  private readonly differences = new Map<Shape.Shape, Map<string, Proof.Difference>>()

  constructor(
    table: Table.Table,
    described: TableDescription,
    held: ReadonlyArray<readonly [Shape.Shape, Held]>,
    limits: Limits
  ) {
    this.table = table
    this.described = described
    this.limits = limits
    this.own = held.map(([shape, held]) => ({ shape, held, proof: held.proof }))
    for (const { proof, shape } of this.own) {
      this.differences.set(shape, new Map(proof.differences.map((one) => [one.id, one])))
    }
  }

  /** Tells whether there is room for another page. */
  hasRoom(now: number): boolean {
    return now < this.limits.until && this.units < this.limits.unitsMax && this.differing <= differencesMax
  }

  /** Documents that differ, found before or now. */
  get differing(): number {
    return [...this.differences.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** True where more differ than are remembered: what was read since is to be read again. */
  get isFull(): boolean {
    return this.differing > differencesMax
  }

  known(shape: Shape.Shape): ReadonlyArray<Proof.Difference> {
    return [...this.differences.get(shape)!.values()]
  }

  /** Notes what a look at a document found; gives it where it is wrong from now on. */
  note({ id, longKey, shape }: DocumentRef, sighting: Proof.Sighting | undefined): Proof.Difference | undefined {
    const own = this.differences.get(shape)!
    const before = own.get(id)
    const { held } = this.own.find((one) => one.shape === shape)!
    const of = longKey === undefined ? { id } : { id, longKey }
    // Of a table without a stream nothing is to be waited for.
    const isSeenPast = this.described.epoch === 0 ? () => true : held.isSeenPast
    const now = Proof.judge(before, of, sighting, isSeenPast)
    if (now === undefined) own.delete(id)
    else own.set(id, now)
    return now?.isWrong === true && before?.isWrong !== true ? now : undefined
  }

  /** The proofs to keep: with what differs now, and the walks as they came to be unless that is too much. */
  get kept(): ReadonlyArray<Own> {
    return this.own.map(({ held, proof, shape }) => {
      const { index, table } = this.isFull ? held.proof : proof
      const differences = this.known(shape).slice(0, differencesMax)
      return { shape, held, proof: { ...proof, index, table, differences } }
    })
  }
}

/** Looks at documents that seem to differ: those that do are candidates. Gives how many have refused rows. */
export const look = Effect.fnUntraced(function* (run: ProofRun, refs: ReadonlyArray<DocumentRef>, tableName: string) {
  let refused = 0
  yield* inspectEach(run.table, tableName, refs, ({ candidate, findings }) =>
    Effect.sync(() => {
      if (findings.some(({ kind }) => kind === "refused")) refused++
      if (findings.some(({ kind }) => !isNoDrift(kind))) run.candidates.add(candidate)
    })
  )
  return refused
})

/** The documents that differ, as references. */
export const refsOf = (shape: Shape.Shape, differences: ReadonlyArray<Proof.Difference>): ReadonlyArray<DocumentRef> =>
  differences.map(({ id, longKey }) => ({ shape, id, longKey }))

/** The time by now, and whether there is room for more. */
export const roomIn = (run: ProofRun) => Effect.map(Clock.currentTimeMillis, (now) => run.hasRoom(now))
