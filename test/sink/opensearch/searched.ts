/** Rows of an aggregate written by a sink of its own on the real server, and what a search of its alias finds then. */
import { assert } from "@effect/vitest"
import { Duration, Effect, Logger } from "effect"
import { Budget } from "../../../src/Budget.ts"
import type { RowEvent } from "../../../src/decode/RowEvent.ts"
import type * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import { plan } from "../../../src/generation/plan.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { ask } from "../../whole/opensearch.ts"
import { outcomesOf } from "../outcomes.ts"

export const searched = (node: string, aliasPrefix: string) => {
  const options = { nodes: [new URL(node)], auth: { _tag: "none" }, aliasPrefix } as const
  return {
    /** Writes rows, all of which must be taken. */
    write: (...events: ReadonlyArray<RowEvent>) =>
      outcomesOf(Patch.fromEvents(events)).pipe(
        Effect.map((outcomes) => {
          for (const outcome of outcomes) assert.strictEqual(outcome._tag, "Written", JSON.stringify(outcome))
        }),
        Effect.provideService(Budget, Duration.seconds(20)),
        Effect.provide([OpenSearchSink.layer(options), Logger.layer([])])
      ),
    /** What deploying this definition means for the indices there are. */
    planned: (aggregate: Aggregate.Any) =>
      Effect.map(plan([aggregate], aliasPrefix), ([only]) => only!.change).pipe(Effect.provide(client.layer(options))),
    /** The ids of the documents that a query finds, in order. */
    found: (alias: string, query: object) =>
      Effect.promise(async () => {
        await ask(node, "POST", `/${aliasPrefix}${alias}/_refresh`)
        const { status, text } = await ask(node, "POST", `/${aliasPrefix}${alias}/_search`, { query })
        assert.strictEqual(status, 200, text)
        const hits: ReadonlyArray<{ readonly _id: string }> = JSON.parse(text).hits.hits
        return hits.map(({ _id }) => _id).toSorted()
      })
  }
}
