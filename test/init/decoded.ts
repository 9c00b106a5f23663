/** What a definition makes of rows: the kinds that take them, and what is refused or taken by none. */
import { decode } from "../../src/decode/decode.ts"
import * as Shape from "../../src/define/Shape.ts"
import type * as Table from "../../src/define/Table.ts"
import { keysOf } from "../../src/KeyNames.ts"
import type { Sampled } from "./tables.ts"

export const decoded = (table: Table.Table, { keys, rows }: Sampled) => {
  const taken: { [kind: string]: number } = {}
  const others: Array<string> = []
  for (const image of rows) {
    const own = keysOf(keys, image)
    const events = decode(table, {
      keys: own,
      image,
      origin: { _tag: "Scan", tableArn: "arn:aws:dynamodb:x:0:table/t", epoch: 0, requestedAt: 1 }
    })
    for (const event of events) {
      if (event._tag !== "Event") others.push(event.reason)
      else if (event.event.json !== undefined) {
        const kind = `${event.event.shape.aggregate.name}.${Shape.nameOf(event.event.row)}`
        taken[kind] = (taken[kind] ?? 0) + 1
      }
    }
    const isShown = events.some((event) => event._tag === "Event" && event.event.json !== undefined)
    if (!isShown) others.push(`${JSON.stringify(own)} is nobody's`)
  }
  return { taken, others }
}
