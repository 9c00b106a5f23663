/** The part of a list that is seen, as it is scrolled and as its place grows. */
import { useSignal } from "@preact/signals"
import type { TargetedEvent } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import type { Seen } from "../model/window.ts"

/** `grown` is the number of rows that ever came in at the top: what is being read stays where it is when it grows. */
export const useScrolled = (count: number, rowHeight: number, grown = 0) => {
  const box = useRef<HTMLDivElement>(null)
  const scrollTop = useSignal(0)
  const height = useSignal(600)
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => (height.value = element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [height])

  const before = useRef(grown)
  useLayoutEffect(() => {
    const element = box.current
    const added = grown - before.current
    before.current = grown
    // The signal, not the element: to ask that would lay out the page there and then.
    const top = scrollTop.peek()
    if (element !== null && added > 0 && top > rowHeight / 2) element.scrollTop = top + added * rowHeight
  }, [grown, rowHeight])

  const seen: Seen = { count, rowHeight, scrollTop: scrollTop.value, height: height.value }
  const onScroll = (event: TargetedEvent<HTMLDivElement>) => (scrollTop.value = event.currentTarget.scrollTop)
  return { box, onScroll, seen }
}
