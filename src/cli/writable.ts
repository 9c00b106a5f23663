/** The check before the first change comes that each aggregate can be written, by one of the table's definitions. */
import { Effect, Result } from "effect"
import type * as Aggregate from "../define/Aggregate.ts"
import * as Shape from "../define/Shape.ts"
import type { Table } from "../define/Table.ts"
import { Sink, type SinkError } from "../sink/Sink.ts"
import { say } from "./terminal.ts"

/**
 * Fails where OpenSearch can't be asked, or where an index fits neither an aggregate's definition nor the one under
 * `previous`. Where one of the two fits, changes are written with that one, as a Lambda function writes them.
 */
export const writable = Effect.fnUntraced(function* ({
  aggregates,
  previous
}: Table): Effect.fn.Return<void, SinkError, Sink> {
  for (const aggregate of aggregates) {
    const checked = yield* Effect.result(check(aggregate))
    if (Result.isSuccess(checked)) continue
    const { failure } = checked
    const before = previous?.aggregates.find(({ name }) => name === aggregate.name)
    if (before === undefined || failure.reason._tag !== "IndexIncompatible") return yield* failure
    // What the newest definition lacks is reported first: it is the one that is meant.
    yield* Effect.catchIf(
      check(before),
      ({ reason }) => reason._tag === "IndexIncompatible",
      () => Effect.fail(failure)
    )
    say(`${aggregate.name} is written with its definition under previous alone: ${failure.message}`)
  }
})

const check = (aggregate: Aggregate.Any) => Effect.flatMap(Sink, (sink) => sink.read(Shape.of(aggregate), ["-"]))
