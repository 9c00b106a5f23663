/** Spans as parts of the trace that X-Ray keeps. */
import { Effect, Tracer } from "effect"

/**
 * Takes over the trace of a header of X-Ray (`Root=1-5759e988-bd86…;Parent=53995c3f42cd8ad8;Sampled=1`): the effect's
 * spans become parts of it. One that X-Ray does not sample has no trace to be part of.
 */
export const inTrace =
  (header: string | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const field = (name: string) =>
      header
        ?.split(";")
        .find((part) => part.startsWith(`${name}=`))
        ?.slice(name.length + 1)
    const root = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/.exec(field("Root") ?? "")
    const spanId = field("Parent")
    if (root === null || spanId === undefined || !/^[0-9a-f]{16}$/.test(spanId) || field("Sampled") !== "1")
      return effect
    const parent = Tracer.externalSpan({ spanId, traceId: `${root[1]}${root[2]}` })
    return Effect.provideService(effect, Tracer.ParentSpan, parent)
  }
