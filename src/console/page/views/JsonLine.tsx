/** One line of a JSON value. */
import type { Line } from "../model/lines.ts"
import { Icon } from "./Icon.tsx"

/** Levels that are indented: what is deeper stands below the last of them. */
const indentMax = 14

export const JsonLine = ({ line, onTurn }: { readonly line: Line; readonly onTurn: () => void }) => {
  const { comma, depth, fold, name, text, type } = line
  return (
    <>
      <i class="gutter" />
      <span class="json-text" style={{ paddingLeft: `${Math.min(depth, indentMax) * 16 + 18}px` }}>
        {(fold === "open" || fold === "folded") && depth > 0 && (
          <button
            class="fold"
            tabIndex={-1}
            aria-label={fold === "open" ? "Fold" : "Unfold"}
            onClick={(event) => {
              event.stopPropagation()
              onTurn()
            }}
          >
            <Icon name={fold === "open" ? "down" : "right"} />
          </button>
        )}
        {name !== undefined && (
          <>
            <span class="json-name">{name}</span>
            <span class="faint">: </span>
          </>
        )}
        <span class={`json-${type}`}>{text}</span>
        {comma && <span class="faint">,</span>}
      </span>
    </>
  )
}
