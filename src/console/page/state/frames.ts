/** Work that is done once for all that came since the last time: once a frame is often enough. */
import { batch } from "@preact/signals"

/** `schedule` is called when the first of some work waits, with what does all of it. */
export const make = (schedule: (flush: () => void) => void) => {
  let waiting = new Set<() => void>()
  const flush = () => {
    const due = waiting
    waiting = new Set()
    batch(() => due.forEach((work) => work()))
  }
  /** Does some work with the next frame, once however often it is asked for. */
  const later = (work: () => void): void => {
    if (waiting.size === 0) schedule(flush)
    waiting.add(work)
  }
  return { later, flush }
}
