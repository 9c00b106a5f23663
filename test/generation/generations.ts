/** An aggregate whose definition changes, and its generations on a simulated server. */
import { Effect, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { plan } from "../../src/generation/plan.ts"
import * as promote from "../../src/generation/promote.ts"

import * as indices from "../../src/sink/opensearch/indices.ts"
import * as State from "../../src/sink/opensearch/State.ts"
import { put } from "../../src/testing/events.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink, transport } from "../simulate/transport.ts"
import { outcomesOf } from "../sink/outcomes.ts"

export const make = (revision: number, note: {} = {}) =>
  Aggregate.make("orders", {
    key: "ORDER#{orderId}",
    root: Aggregate.root("DETAILS", { name: Schema.String, ...note }),
    revision
  })
export const Before = make(0)
export const More = make(0, { note: Schema.optionalKey(Schema.String) })
export const After = make(1)
export const source = { kind: "stream", tableArn: "arn:aws:dynamodb:eu-west-1:1:table/shop", epoch: 1000 } as const

export const write = (server: SimulatedOpenSearch, aggregate: typeof Before, orderId: string) =>
  Effect.gen(function* () {
    const outcomes = yield* outcomesOf(Patch.fromEvents([put(aggregate).root({ orderId }, { name: "Ada" })]), [])
    return outcomes[0]!
  }).pipe(Effect.provide(sink(server)))

export const on = <A, E>(server: SimulatedOpenSearch, effect: Effect.Effect<A, E, any>) =>
  Effect.provide(effect, transport(server)) as Effect.Effect<A, E>

export const change = (server: SimulatedOpenSearch, index: string, change: (state: State.State) => State.State) =>
  on(
    server,
    Effect.gen(function* () {
      const found = (yield* indices.list("orders")).find((one) => one.index === index)!
      yield* indices.update(found, change)
    })
  )

export const mark = (server: SimulatedOpenSearch, index: string, marks: object) =>
  change(server, index, (state) => {
    const next = Object.entries({ ...state, ...marks }).filter(([, value]) => value !== undefined)
    return Object.fromEntries(next) as unknown as State.State
  })

/** The definition's generation as a verification finds it at its beginning. */
export const begin = (server: SimulatedOpenSearch, aggregate: Aggregate.Any) =>
  on(
    server,
    Effect.map(promote.findGenerations(aggregate, ""), ({ own }) => {
      const { index, meta, state } = own!
      return { generations: { orders: { index, writeAlias: meta.writeAlias, marks: state.marks } } }
    })
  )

export const markVerified = (server: SimulatedOpenSearch, aggregate: Aggregate.Any) =>
  Effect.flatMap(begin(server, aggregate), (begun) => on(server, promote.markVerified(aggregate, "", begun)))

/** A world in which the first generation is live and the second one is ready. */
export const ready = Effect.gen(function* () {
  const server = new SimulatedOpenSearch()
  yield* write(server, Before, "1")
  yield* on(server, promote.make(After, "", source))
  yield* mark(server, "orders-000002", { filled: true })
  yield* markVerified(server, After)
  return server
})

export const tagOf = (server: SimulatedOpenSearch, aggregate: Aggregate.Any) =>
  on(
    server,
    Effect.map(plan([aggregate], ""), ([first]) => first!.change)
  )

export const complaint = (
  server: SimulatedOpenSearch,
  effect: Effect.Effect<unknown, { readonly message: string }, any>
) => Effect.map(Effect.flip(on(server, effect)), ({ message }) => message)
