/** A table's history from one seed, without a table: the stream's records in their order, and the rows at their end. */
import type { Item, StreamRecord } from "../dynamodb.ts"
import * as oracle from "../oracle.ts"
import type { Random } from "../random.ts"
import { isPoison, type Kind, worlds } from "../rows.ts"
import { oddTexts } from "../values.ts"

export const { table } = worlds[0]!

const kinds = worlds[0]!.kinds

const streamArn = "arn:aws:dynamodb:eu-central-1:000000000000:table/shop/stream/2026-01-01T00:00:00.000"

export interface History {
  readonly records: ReadonlyArray<StreamRecord>
  /** What the documents must be at the end, by alias and id. */
  readonly documents: oracle.Documents
}

/** So many changes of rows: new ones, other ones in their place, removed ones. No row is one that a schema refuses. */
export const make = (r: Random, changes: number): History => {
  const rows = new Map<string, Item>()
  const records: Array<StreamRecord> = []
  const groups = [...oddTexts, ...Array.from({ length: Math.ceil(changes / 25) }, (_, i) => `c${i}`)]
  const roots = kinds.filter(({ isRoot }) => isRoot)
  while (records.length < changes) {
    const group = r.chance(0.3) ? r.pick(groups.slice(0, 5)) : r.pick(groups)
    const kind: Kind = r.chance(0.2) ? r.pick(roots) : r.weighted(kinds)
    const known = [...rows.values()]
    const isRemoval = known.length > 0 && r.chance(0.2)
    const item = isRemoval ? r.pick(known) : kind.make(r, group)
    const keys = { PK: item["PK"]!, SK: item["SK"]! }
    if (isPoison(keys)) continue
    const name = JSON.stringify(keys)
    const isThere = rows.has(name)
    if (isRemoval) rows.delete(name)
    else rows.set(name, item)
    records.push({
      eventName: isRemoval ? "REMOVE" : isThere ? "MODIFY" : "INSERT",
      eventSourceARN: streamArn,
      dynamodb: {
        Keys: keys,
        ...(isRemoval ? {} : { NewImage: item }),
        SequenceNumber: (10n ** 20n + BigInt(records.length) * 7n).toString()
      }
    })
  }
  return { records, documents: oracle.example([...rows.values()]) }
}
