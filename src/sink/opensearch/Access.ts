/** A client's access to a server, whichever way its requests are authenticated. */
import type { Effect } from "effect"
import type * as parts from "./clientParts.ts"
import type { Response, TransportError } from "./Transport.ts"

/** Whoever it is that signs the requests or not. */
export type Signer = Pick<typeof parts, "Connection" | "Transport">

export interface Headers {
  readonly authorization?: string
}

export type Send = (headers: Headers) => Effect.Effect<Response, TransportError>

export interface Access {
  readonly signer: Signer
  /** Sends with what authenticates; once more where that was refused, and there is another by now. */
  readonly authenticated: (send: Send) => Effect.Effect<Response, TransportError>
}
