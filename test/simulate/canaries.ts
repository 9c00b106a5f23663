/**
 * Deliberately broken versions of what the simulation tests, each made without a hook in `src`: by altering what goes
 * into the real parts or comes out of them. The simulation must notice every one.
 */
import { Effect, Layer } from "effect"
import { Sink } from "../../src/sink/Sink.ts"
import { isWrite, pairsOf, withPairs } from "./requests.ts"
import type { WorkerParts } from "./Worker.ts"

/** A sink that writes whatever the index has: the conditions never reach the server. */
const unconditional: WorkerParts = {
  request: (request) =>
    isWrite(request)
      ? withPairs(
          request,
          pairsOf(request).map(([action, document]) => {
            const { _id } = Object.values<any>(JSON.parse(action))[0]
            return [JSON.stringify({ index: { _id } }), document] as const
          })
        )
      : request
}

/** A reducer that forgets removed rows instead of remembering that they were removed. */
const forgetful: WorkerParts = {
  request: (request) =>
    isWrite(request)
      ? withPairs(
          request,
          pairsOf(request).map(([action, document]) => [action, withoutTombstones(document)] as const)
        )
      : request
}

const withoutTombstones = (text: string): string => {
  const document = JSON.parse(text)
  const [head, ...versions] = document._sync.versions.split(" ") as [string, ...Array<string>]
  const isLive = versions.map((version) => !version.includes("T"))
  let at = 0
  const rows = document._sync.rows.map(([field, keys]: [string, ReadonlyArray<string>]) => [
    field,
    keys.filter(() => isLive[at++])
  ])
  const left = versions.filter((_, i) => isLive[i])
  return JSON.stringify({ ...document, _sync: { ...document._sync, rows, versions: [head, ...left].join(" ") } })
}

/** A handler that says that all is settled, whatever came of it. */
const acknowledging: WorkerParts = { response: () => ({ batchItemFailures: [] }) }

/** Generations made anew get the write alias of the one before, so what a worker knows of that one is taken for true. */
const sameWriteAlias: WorkerParts = { random: { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 1 } }

/** Versions without the stream's epoch: all streams and scans of the table speak under one label. */
const withoutEpoch: WorkerParts = { label: (label) => "2026-08-01T00:00:00.000" + (label.endsWith("Z") ? "Z" : "") }

/** What the time budget left open is taken for refused, as if an answer that was lost had been a no. */
const givingUp: WorkerParts = {
  sink: (layer) =>
    Layer.provide(
      Layer.effect(
        Sink,
        Effect.map(Sink, (sink) =>
          Sink.of({
            ...sink,
            write: (patches, origins) =>
              Effect.map(sink.write(patches, origins), (report) => ({
                ...report,
                outcomes: report.outcomes.map((outcome) =>
                  outcome._tag === "Unsettled"
                    ? { _tag: "Refused" as const, refusals: [{ rowKey: undefined, reason: outcome.reason }] }
                    : outcome
                )
              }))
          })
        )
      ),
      layer
    )
}

export const canaries = { unconditional, forgetful, acknowledging, sameWriteAlias, withoutEpoch, givingUp }
