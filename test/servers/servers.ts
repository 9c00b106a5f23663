/** The real servers of this run, for the tests that need them. What starts them is `globalSetup.ts`. */
import { describe, inject, it } from "vitest"

export interface Servers {
  readonly dynamodbEndpoint: string
  readonly openSearchNode: string
}

const dynamodbEndpoint = inject("dynamodbEndpoint")
const openSearchNode = inject("openSearchNode")

/** Nothing where this machine cannot run them. */
export const servers: Servers | undefined =
  dynamodbEndpoint !== undefined && openSearchNode !== undefined ? { dynamodbEndpoint, openSearchNode } : undefined

/** A `describe` on the real servers, skipped where there are none. They are shared: take names of your own. */
export const describeReal = (name: string, body: (servers: Servers) => void): void => {
  if (servers === undefined) describe(name, () => it.skip("needs real servers", () => {}))
  else describe(name, () => body(servers))
}
