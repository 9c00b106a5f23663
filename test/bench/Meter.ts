/** Counts what goes to OpenSearch, at the transport: requests, the bytes of their bodies, and refused writes. */
import { Effect, Layer } from "effect"
import { Transport } from "../../src/sink/opensearch/Transport.ts"

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
  readonly layer: <E>(transport: Layer.Layer<Transport, E>) => Layer.Layer<Transport, E>
}

export const make = (): Meter => {
  const counts = { requests: 0, bytes: 0, refused: 0 }
  const count = (body: string | undefined, answer: string) => {
    counts.requests++
    if (body !== undefined) counts.bytes += Buffer.byteLength(body)
    for (let at = answer.indexOf(conflict); at !== -1; at = answer.indexOf(conflict, at + 1)) counts.refused++
  }
  const counted = Effect.map(Transport, (transport) =>
    Transport.of({
      ...transport,
      request: (request) =>
        Effect.tap(transport.request(request), ({ text }) => Effect.sync(() => count(request.body, text)))
    })
  )
  return {
    counts: () => ({ ...counts }),
    count,
    layer: (transport) => Layer.provide(Layer.effect(Transport, counted), transport)
  }
}

const conflict = `"status":409`
