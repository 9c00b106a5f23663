/** Counts what goes to OpenSearch, at the transport: requests, the bytes of their bodies, and refused writes. */
import { Effect } from "effect"
import type { Transport } from "../../src/sink/opensearch/Transport.ts"

export interface Counts {
  readonly requests: number
  readonly bytes: number
  /** Writes answered with 409: somebody else was first. */
  readonly refused: number
}

export interface Meter {
  readonly counts: () => Counts
  readonly count: (body: string | undefined, answer: string) => void
  /** The same transport, counted. */
  readonly counted: (transport: typeof Transport.Service) => typeof Transport.Service
}

export const make = (): Meter => {
  const counts = { requests: 0, bytes: 0, refused: 0 }
  const count = (body: string | undefined, answer: string) => {
    counts.requests++
    if (body !== undefined) counts.bytes += Buffer.byteLength(body)
    for (let at = answer.indexOf(conflict); at !== -1; at = answer.indexOf(conflict, at + 1)) counts.refused++
  }
  return {
    counts: () => ({ ...counts }),
    count,
    counted: (transport) => ({
      ...transport,
      request: (request) =>
        Effect.tap(transport.request(request), ({ text }) => Effect.sync(() => count(request.body, text)))
    })
  }
}

const conflict = `"status":409`
