/** The search as it was last typed and answered: it is there again when one comes back to it. */
import { signal } from "@preact/signals"
import type { SearchAnswer } from "../../requests.ts"

export const query = signal<{ readonly aggregate: string | undefined; readonly text: string }>({
  aggregate: undefined,
  text: ""
})

export const searched = signal<{ readonly aggregate: string; readonly answer: SearchAnswer } | undefined>(undefined)

/** The index of the hit that is chosen. */
export const chosenHit = signal(0)
