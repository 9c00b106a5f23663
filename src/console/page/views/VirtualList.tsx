/** A list of any length of which only what is seen is drawn: one stop of the tab key, moved in by the arrow keys. */
import type { ComponentChildren, TargetedKeyboardEvent, TargetedMouseEvent } from "preact"
import { useId, useLayoutEffect } from "preact/hooks"
import { moved, scrolledTo, windowOf } from "../model/window.ts"
import { useScrolled } from "./useScrolled.ts"

export interface ListLine {
  readonly key: string | number
  readonly content: ComponentChildren
  readonly class?: string | undefined
  /** Of a tree: how deep the line is, from 1 on, and its fold. */
  readonly level?: number | undefined
  readonly isOpen?: boolean | undefined
}

interface Props {
  readonly label: string
  readonly role: "listbox" | "tree"
  readonly count: number
  /** Pixels. */
  readonly rowHeight: number
  readonly line: (index: number) => ListLine
  /** The line that is chosen, -1 for none. */
  readonly chosen: number
  readonly onChoose: (index: number) => void
  /** Keys other than those that move, with the line they are for; true where it was one of the list's own. */
  readonly onKey?: ((key: string, index: number) => boolean) | undefined
  /** The number of lines that ever came in at the top: what is being read stays where it is when it grows. */
  readonly grown?: number | undefined
  /** Brings a line into sight when this differs: the chosen one, or the one that is given. */
  readonly reveal?: string | number | undefined
  readonly revealed?: number | undefined
  readonly empty?: ComponentChildren
}

/** Lines that are brought into sight with the one that is revealed. */
const following = 4

export const VirtualList = (props: Props) => {
  const { chosen, count, empty, grown, label, onChoose, onKey, reveal, revealed, role, rowHeight } = props
  const id = useId()
  const { box, onScroll, seen } = useScrolled(count, rowHeight, grown)

  const show = (index: number) => {
    const element = box.current
    if (element === null || index < 0) return
    const top = scrolledTo({ ...seen, scrollTop: element.scrollTop, height: element.clientHeight }, index)
    if (top !== element.scrollTop) element.scrollTop = top
  }
  useLayoutEffect(() => {
    const index = revealed ?? chosen
    // With some of what follows it.
    if (index >= 0) show(Math.min(count - 1, index + following))
    show(index)
  }, [reveal])

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const next = moved(event.key, chosen, seen)
    if (next !== undefined) {
      onChoose(next)
      show(next)
    }
    if (next !== undefined || (chosen >= 0 && onKey?.(event.key, chosen) === true)) event.preventDefault()
  }
  const onClick = (event: TargetedMouseEvent<HTMLDivElement>) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null
    if (row !== null) onChoose(Number(row.dataset["index"]))
  }

  const { end, start } = windowOf(seen)
  return (
    <div class="list-around">
      <div
        ref={box}
        class="list"
        role={count === 0 ? undefined : role}
        aria-label={count === 0 ? undefined : label}
        tabIndex={0}
        aria-activedescendant={chosen >= start && chosen < end ? `${id}-${chosen}` : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <div class="list-all" role="presentation" style={{ height: `${count * rowHeight}px` }}>
          <div class="list-part" role="presentation" style={{ transform: `translateY(${start * rowHeight}px)` }}>
            {Array.from({ length: end - start }, (_, i) => drawn(props, id, start + i))}
          </div>
        </div>
      </div>
      {count === 0 && <div class="empty">{empty}</div>}
    </div>
  )
}

const drawn = ({ chosen, count, line, role, rowHeight }: Props, id: string, index: number) => {
  const { class: name = "", content, isOpen, key, level } = line(index)
  const isList = role === "listbox"
  return (
    <div
      key={key}
      id={`${id}-${index}`}
      class={`line ${name}`}
      role={isList ? "option" : "treeitem"}
      data-index={index}
      aria-selected={index === chosen}
      aria-posinset={isList ? index + 1 : undefined}
      aria-setsize={isList ? count : undefined}
      aria-level={level}
      aria-expanded={isOpen}
      style={{ height: `${rowHeight}px` }}
    >
      {content}
    </div>
  )
}
