import { Cause } from "effect"

/** Names what a user's function threw, without its message, which may hold data of the row. */
export const thrown = (error: unknown, where: string): string => {
  const cause = error instanceof Error && Cause.isCause(error.cause) ? Cause.squash(error.cause) : error
  return `${where} threw ${cause instanceof Error ? cause.constructor.name : `a ${typeof cause}`}`
}
