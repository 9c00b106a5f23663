/** A server as an OpenSearch of before 2.4 is: it knows no point in time. */
import { Effect } from "effect"
import type { Transport } from "../../src/sink/opensearch/Transport.ts"

const refused = { status: 400, text: JSON.stringify({ error: { type: "illegal_argument_exception", reason: "" } }) }

export const withoutPointInTime = (real: typeof Transport.Service): typeof Transport.Service => ({
  ...real,
  request: (own) => (own.path.includes("point_in_time") ? Effect.succeed(refused) : real.request(own))
})
