/** The aggregate that a command is about, by its alias. */
import { Effect } from "effect"
import { Argument } from "effect/cli"
import type * as Aggregate from "../define/Aggregate.ts"
import type * as Table from "../define/Table.ts"
import type { SettingError } from "../setting.ts"
import * as indices from "../sink/opensearch/indices.ts"
import { Failure } from "./Failure.ts"
import { aliasPrefix } from "./openSearch.ts"

export const alias = Argument.String("alias").pipe(
  Argument.withDescription("The alias that readers use, with OPENSEARCH_ALIAS_PREFIX or without, such as orders")
)

/** The aggregate of that name, or of that alias: messages say the prefix too. */
export const aggregateOf = Effect.fnUntraced(function* (
  { aggregates }: Table.Table,
  name: string
): Effect.fn.Return<Aggregate.Any, Failure | SettingError> {
  const prefix = yield* aliasPrefix
  const [found, other] = aggregates.filter((aggregate) => [aggregate.name, prefix + aggregate.name].includes(name))
  if (found !== undefined && other === undefined) return found
  const aliases = aggregates.map((aggregate) => `"${prefix}${aggregate.name}"`).join(", ")
  const what = found === undefined ? `the definition has no aggregate "${name}"; it has` : `"${name}" means two of`
  return yield* new Failure({ message: `${what} ${aliases}` })
})

/** Fails where an aggregate has no index yet: whoever only looks must not make one, perhaps under a wrong prefix. */
export const existing = ({ aggregates }: Table.Table, prefix: string) =>
  Effect.forEach(
    aggregates,
    Effect.fnUntraced(function* ({ name }) {
      if ((yield* indices.list(prefix + name)).length > 0) return
      return yield* new Failure({
        message: `there is no index behind "${prefix}${name}" yet; \`tablefold backfill\` makes and fills it`
      })
    }),
    { discard: true }
  )
