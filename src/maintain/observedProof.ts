/** Observes a run of proof: what it read, and what is known of the indices after it. */
import { Clock, Effect } from "effect"
import * as measures from "../metrics/measures.ts"
import { observe } from "../metrics/observe.ts"
import type { Report } from "./prove.ts"

export { prove } from "./prove.ts"

/** The proof is as old as that of the index whose proof is the oldest; numbers of documents are those of all. */
export const observeProof = Effect.fnUntraced(function* ({ aggregates, documents, repaired, rows, units }: Report) {
  const now = yield* Clock.currentTimeMillis
  const sum = (of: (one: Report["aggregates"][number]) => number) => aggregates.reduce((all, one) => all + of(one), 0)
  const provenAt = Math.min(...aggregates.map(({ provenAt }) => provenAt))
  const right = sum(({ documents, waiting, wrong }) => documents - wrong.length - waiting.length)
  yield* observe(
    [measures.proofAge, [Math.max(0, now - provenAt) / 1000]],
    [measures.proven, [Math.max(0, right)]],
    [measures.wrong, [sum(({ wrong }) => wrong.length)]],
    [measures.differing, [sum(({ waiting }) => waiting.length)]],
    [measures.refusedAggregates, [sum(({ refused }) => refused)]],
    [measures.repaired, [repaired]],
    [measures.rowsCompared, [rows]],
    [measures.documentsCompared, [documents]],
    [measures.readUnits, [units]]
  )
})
