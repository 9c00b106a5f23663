/** Orders with items through a sink whose server misbehaves. */
import { Effect, Schema } from "effect"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import { type Outcome } from "../../../src/sink/Sink.ts"
import { type Response, TransportError } from "../../../src/sink/opensearch/Transport.ts"
import { put } from "../../../src/testing/events.ts"
import { isWrite } from "../../simulate/requests.ts"
import type { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import type { Interceptor } from "../../simulate/transport.ts"
import { outcomesOf } from "../outcomes.ts"

export const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { name: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { quantity: Schema.Finite }) }
})

export const details = (orderId: string) => put(Order).root({ orderId }, { name: "Ada" })
export const item = (orderId: string, n: string, quantity = 1) => put(Order).items({ orderId, n }, { quantity })

export const write = (...events: ReadonlyArray<ReturnType<typeof details>>) => outcomesOf(Patch.fromEvents(events))

export const tags = (outcomes: ReadonlyArray<Outcome>) => outcomes.map(({ _tag }) => _tag)

export const answer = (status: number, text: string): Effect.Effect<Response> => Effect.succeed({ status, text })

/** Lets the first bulks meet these fates, one each, and all others through. */
export const bulks = (...fates: ReadonlyArray<Interceptor>): Interceptor => {
  const left = [...fates]
  return (request, next) => (isWrite(request) && left.length > 0 ? left.shift()!(request, next) : next)
}

export const lost: Interceptor = () => Effect.fail(new TransportError({ message: "socket hang up" }))
export const answerLost: Interceptor = (request, next) => Effect.andThen(next, lost(request, next))

export const stored = (server: SimulatedOpenSearch, id: string) =>
  JSON.parse(server.indices.get("orders-000001")!.documents.get(id)!.text)

export const itemError =
  (bad: (line: string) => boolean, error: object, status: number): Interceptor =>
  (request, next) =>
    isWrite(request) && request.body!.split("\n").some((line, i) => i % 2 === 1 && bad(line))
      ? Effect.map(next, ({ text }) => {
          const lines = request.body!.split("\n").filter((_, i) => i % 2 === 1)
          const items = JSON.parse(text).items.map((item: object, i: number) => {
            return bad(lines[i]!) ? { index: { status, error } } : item
          })
          return { status: 200, text: JSON.stringify({ errors: true, items }) }
        })
      : next

/** A server that refuses documents holding what `bad` finds, and does not write them. */
export const refusing = (server: SimulatedOpenSearch, bad: (line: string) => boolean, type: string, reason: string) => {
  const refuse: Interceptor = (request, next) => {
    if (!isWrite(request)) return next
    const lines = request.body!.split("\n").slice(0, -1)
    const items: Array<unknown> = []
    for (let i = 0; i < lines.length; i += 2) {
      const one = `${lines[i]}\n${lines[i + 1]}\n`
      if (bad(lines[i + 1]!)) items.push({ index: { status: 400, error: { type, reason } } })
      else items.push(JSON.parse(server.handle({ ...request, body: one }).text).items[0])
    }
    return answer(200, JSON.stringify({ errors: true, items }))
  }
  return refuse
}

export const tooMany =
  "The number of nested documents has exceeded the allowed limit of [2]. This limit can be set by changing the [index.mapping.nested_objects.limit] index level setting."
