/** Sentences that show for a while, and what was counted, for those who listen. */
import { signal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { printable } from "../../../printable.ts"
import { counted } from "../model/format.ts"
import { store } from "../state/page.ts"
import type { Shown } from "../state/store.ts"
import { Icon } from "./Icon.tsx"

/** Notices seen at once, and for how long; one that somebody should act upon stays. */
const seenMax = 3
const seenFor = 6_000

export const Notices = () => (
  <>
    <div class="notices" role="log" aria-label="Notices">
      {store.notices.value.slice(-seenMax).map((notice) => (
        <Notice key={notice.number} notice={notice} />
      ))}
    </div>
    <p class="unseen" aria-live="polite">
      {spoken.value}
    </p>
  </>
)

const Notice = ({ notice }: { readonly notice: Shown }) => {
  const { isProblem, number, text, undo } = notice
  useEffect(() => {
    if (isProblem) return undefined
    const timer = setTimeout(() => store.dismiss(number), seenFor)
    return () => clearTimeout(timer)
  }, [number, isProblem])
  return (
    <div class={`notice${isProblem ? " is-problem" : ""}`}>
      <Icon name={isProblem ? "alert" : "check"} />
      <span>{printable(text)}</span>
      {undo !== undefined && (
        <button
          class="button is-bare"
          onClick={() => {
            undo()
            store.dismiss(number)
          }}
        >
          Undo
        </button>
      )}
      <button class="button is-bare" aria-label="Dismiss" onClick={() => store.dismiss(number)}>
        <Icon name="close" />
      </button>
    </div>
  )
}

/** The number of changes that came, said no more often than one can listen to. */
const spoken = signal("")
const spokenEvery = 10_000
let told = 0
setInterval(() => {
  const total = store.changes.value.total()
  if (total > told) spoken.value = `${counted(total - told, "change")} came`
  told = total
}, spokenEvery)
