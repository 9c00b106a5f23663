/** The proof of a generation as it stands, for people and programs. Pure. */
import * as IsoTime from "../IsoTime.ts"
import * as Proof from "../sink/opensearch/Proof.ts"

export interface ProofStatus {
  /**
   * The time at which the oldest part was last compared, the older one of both directions; where a part never was, the
   * time at which proof began.
   */
  readonly provenAt: string
  /** The time since then, in seconds. */
  readonly ageSeconds: number
  /** Tells that every part was compared at some time, in both directions. */
  readonly isWhole: boolean
  /** Documents that were compared. */
  readonly documents: number
  /** Aggregates with rows that can't be written as they are. */
  readonly refused: number
  /** Documents that are not as the table has them, by id, each with the time at which it was first found so. */
  readonly wrong: ReadonlyArray<Differing>
  /** Documents that differ, of which the stream may still tell. */
  readonly differing: ReadonlyArray<Differing>
}

interface Differing {
  readonly id: string
  readonly kinds: ReadonlyArray<string>
  readonly since: string
}

/** `now` is in epoch milliseconds. */
export const proofStatus = (
  { documents, isWhole, provenAt, refused, waiting, wrong }: Proof.Summary,
  now: number
): ProofStatus => ({
  provenAt: IsoTime.format(provenAt),
  ageSeconds: Math.max(0, Math.round((now - provenAt) / 1000)),
  isWhole,
  documents,
  refused,
  wrong: wrong.map(differing),
  differing: waiting.map(differing)
})

const differing = ({ id, kinds, since }: Proof.Difference): Differing => ({ id, kinds, since: IsoTime.format(since) })
