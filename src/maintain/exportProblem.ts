/** Says why an export of a table can't be taken, if so. Pure. */
import { Duration } from "effect"
import * as IsoTime from "../IsoTime.ts"
import { tombstonesKeptFor } from "../sink/step.ts"

interface Taken {
  readonly place: string
  /** Epoch milliseconds. */
  readonly exportedAt: number
}

/** Finds the problem of an export that is too old at that time: what was removed since can't be told any more. */
export const exportProblem = ({ exportedAt, place }: Taken, now: number): string | undefined =>
  now - exportedAt <= Duration.toMillis(tombstonesKeptFor)
    ? undefined
    : `${place} was exported ${IsoTime.format(exportedAt)}, more than 31 days ago; ` +
      "rows removed since would come back. Make a new export, or read the table"
