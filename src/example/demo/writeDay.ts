/** The day of orders, written step by step for whoever looks at a page. */
import { Effect } from "effect"
import type { ActionError } from "../../console/Actions.ts"
import type { EditRequest } from "../../console/requests.ts"
import { day, type Key } from "./day.ts"
import { type PlainRow, toAttributes } from "./row.ts"

/** The time between groups of rows, in which their documents are seen to come. */
const pause = "400 millis"

type Item = Extract<EditRequest, { readonly _tag: "Raw" }>["item"]

const itemOf = (row: Parameters<typeof toAttributes>[0]) => toAttributes(row) as unknown as Item

export const writeDay = Effect.fnUntraced(function* (
  write: (request: EditRequest) => Effect.Effect<unknown, ActionError>
): Effect.fn.Return<void, ActionError> {
  const rows = new Map<string, PlainRow>()
  const nameOf = ({ PK, SK }: Key) => JSON.stringify([PK, SK])
  const put = (row: PlainRow) => {
    rows.set(nameOf(row), row)
    return write({ _tag: "Raw", item: itemOf(row) })
  }
  for (const group of day(20260314).flatMap(({ groups }) => groups)) {
    for (const each of group) {
      if (each._tag === "Put") yield* put(each.row)
      else if (each._tag === "Set") yield* put({ ...rows.get(nameOf(each.key)), ...each.attributes, ...each.key })
      else yield* write({ _tag: "Remove", keys: itemOf({ ...each.key }) })
    }
    yield* Effect.sleep(pause)
  }
})
