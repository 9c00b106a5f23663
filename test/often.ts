import { inject } from "vitest"

declare module "vitest" {
  interface ProvidedContext {
    /** The part of a law's runs that a suite has. */
    readonly share: number
  }
}

/** As many runs in the long suite, and a fifth of them where time is short. */
export const often = (runs: number): number => Math.ceil(runs * inject("share"))
