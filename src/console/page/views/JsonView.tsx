/** A JSON value as lines that fold, for what has no rows behind it: a mapping, a hit. */
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { Json } from "../model/json.ts"
import { foldedAtFirst, keyOf, lines } from "../model/lines.ts"
import { JsonLine } from "./JsonLine.tsx"
import { VirtualList } from "./VirtualList.tsx"

export const JsonView = ({
  empty = "",
  label,
  value
}: {
  readonly value: Json | undefined
  readonly label: string
  readonly empty?: string
}) => {
  const folded = useSignal<ReadonlySet<string>>(new Set())
  const chosen = useSignal<string | undefined>(undefined)
  useMemo(() => (folded.value = value === undefined ? new Set() : foldedAtFirst(value)), [value])
  const shown = useMemo(
    () => (value === undefined ? [] : lines(value, { folded: folded.value })),
    [value, folded.value]
  )
  const turn = (path: string) => {
    const next = new Set(folded.value)
    if (!next.delete(path)) next.add(path)
    folded.value = next
  }
  return (
    <VirtualList
      label={label}
      role="tree"
      count={shown.length}
      rowHeight={22}
      line={(index) => {
        const line = shown[index]!
        return {
          key: keyOf(line),
          class: "json",
          level: line.depth + 1,
          isOpen: line.fold === "open" ? true : line.fold === "folded" ? false : undefined,
          content: <JsonLine line={line} onTurn={() => turn(line.path)} />
        }
      }}
      chosen={shown.findIndex((line) => keyOf(line) === chosen.value)}
      onChoose={(index) => (chosen.value = shown[index] && keyOf(shown[index]))}
      onKey={(key, index) => {
        const line = shown[index]
        const turns = key === "ArrowLeft" ? line?.fold === "open" : key === "ArrowRight" && line?.fold === "folded"
        if (turns && line !== undefined) turn(line.path)
        return turns
      }}
      empty={empty}
    />
  )
}
