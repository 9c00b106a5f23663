/** The aggregate that a command is about, by its alias. */
import { Effect } from "effect"
import { Argument } from "effect/cli"
import type * as Aggregate from "../define/Aggregate.ts"
import type * as Table from "../define/Table.ts"
import * as indices from "../sink/opensearch/indices.ts"
import { Failure } from "./Failure.ts"

export const alias = Argument.String("alias").pipe(
  Argument.withDescription("The aggregate's name, which is the alias readers use, such as orders")
)

export const aggregateOf = ({ aggregates }: Table.Table, name: string): Effect.Effect<Aggregate.Any, Failure> => {
  const found = aggregates.find((aggregate) => aggregate.name === name)
  if (found !== undefined) return Effect.succeed(found)
  const names = aggregates.map(({ name }) => `"${name}"`).join(", ")
  return Effect.fail(new Failure({ message: `the definition has no aggregate "${name}"; it has ${names}` }))
}

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
