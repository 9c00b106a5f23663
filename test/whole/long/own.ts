/** Servers of a test file's own, which it may stop, and what goes with them. */
import { Effect, Exit, Scope } from "effect"
import { afterAll, describe, inject, it } from "vitest"

/** A `describe` on servers that the body starts; skipped where `setup.ts` says that there are none. */
export const describeOwn = (name: string, body: () => void): void => {
  if (inject("hasOwnServers")) describe(name, body)
  else describe(name, () => it.skip("needs servers of its own", () => {}))
}

/** A scope that closes with the file. */
export const useScope = () => {
  const scope = Scope.makeUnsafe()
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> => Effect.runPromise(Scope.provide(effect, scope))
}

export const wait = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** Looks again and again until it is so; fails with `what` after a minute, or the time that is given. */
export const until = async (what: string, isSo: () => Promise<boolean> | boolean, secondsMax = 60): Promise<void> => {
  const end = Date.now() + secondsMax * 1000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`after ${secondsMax} s it is not so that ${what}`)
    await wait(100)
  }
}
