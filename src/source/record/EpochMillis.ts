/** Times out of stored files: a number that is no time is reported as damage, not thrown where it is shown. */
import { Schema } from "effect"

/** As far as a `Date` goes. */
const millisMax = 8.64e15

export const EpochMillis = Schema.Finite.check(Schema.isBetween({ minimum: -millisMax, maximum: millisMax }))
