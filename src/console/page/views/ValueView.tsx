/** The value of the chosen line in full, or the whole document: what a line has no room for. */
import { useMemo } from "preact/hooks"
import { printable } from "../../../printable.ts"
import type { Json } from "../model/json.ts"
import { attempt, store } from "../state/page.ts"
import { Icon } from "./Icon.tsx"

/** Characters that are drawn; what is copied is whole. */
const textMax = 20_000

export const ValueView = ({ value }: { readonly value: Json | undefined }) => {
  const text = useMemo(() => (typeof value === "string" ? value : JSON.stringify(value, null, 2)), [value])
  if (text === undefined) return <p class="value-text faint">Choose a line of the document.</p>
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(text)
      store.notify("Copied")
    })
  const shown = text.slice(0, textMax).split("\n").map(printable).join("\n")
  return (
    // What scrolls must be reachable by the keyboard.
    <div class="value" tabIndex={0} role="region" aria-label="The value in full">
      <button class="button value-copy" onClick={() => void copy()}>
        <Icon name="copy" /> Copy
      </button>
      <pre class="value-text">
        {shown}
        {text.length > textMax && <span class="faint"> … {text.length.toLocaleString("en")} characters</span>}
      </pre>
    </div>
  )
}
