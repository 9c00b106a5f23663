/** The time now, to the second, for words like "3 s ago". */
import { signal } from "@preact/signals"

export const now = signal(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 1_000)
