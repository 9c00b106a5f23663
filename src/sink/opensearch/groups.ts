/** Patches in groups, each prepared and sent together. Pure. */
import { Array as Arr } from "effect"
import type * as Patch from "../../fold/Patch.ts"
import { bytesOf } from "./DocumentCache.ts"

/**
 * Documents of the first group, and of the largest: each is twice as large as the one before. While one group waits for
 * its answer the next is prepared, and the server takes several at one time, so a batch goes in some requests rather
 * than one (measured: a fifth faster for 180 documents in three; four are no faster). The first is small, as until it
 * leaves the server has nothing to do (measured with the server on cores of its own: 4 to 8 % faster). What a request
 * costs by itself is not worth it below some thirty documents, nor one more where there are many.
 */
const countFirst = 36
const countMax = 250

/** The patches that came and are not yet given, and the number of them that the next group holds. */
export interface Waiting<P extends Patch.Patch> {
  readonly patches: ReadonlyArray<P>
  readonly bytes: number
  readonly count: number
}

export const none: Waiting<never> = { patches: [], bytes: 0, count: countFirst }

/**
 * The groups that are full once more patches came: by their number, or by the bytes that their documents may take,
 * `bytesMean` each where their rows are smaller. Each is one patch at least.
 */
export const add = <P extends Patch.Patch>(
  waiting: Waiting<P>,
  patches: ReadonlyArray<P>,
  bytesMean: number,
  bytesMax: number
): readonly [Waiting<P>, ReadonlyArray<Arr.NonEmptyReadonlyArray<P>>] => {
  const full: Array<Arr.NonEmptyReadonlyArray<P>> = []
  let group = [...waiting.patches]
  let { bytes, count } = waiting
  for (const patch of patches) {
    group.push(patch)
    bytes += Math.max(bytesOf(patch.registers.values()), bytesMean)
    if (group.length < count && bytes < bytesMax) continue
    full.push(group as unknown as Arr.NonEmptyReadonlyArray<P>)
    group = []
    bytes = 0
    count = Math.min(countMax, 2 * count)
  }
  return [{ patches: group, bytes, count }, full]
}

/** The last group, where there is one. */
export const rest = <P extends Patch.Patch>({ patches }: Waiting<P>): ReadonlyArray<Arr.NonEmptyReadonlyArray<P>> =>
  Arr.isReadonlyArrayNonEmpty(patches) ? [patches] : []
