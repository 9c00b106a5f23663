/** The demonstration's documents in memory. */
import { Effect } from "effect"
import { watchedSink } from "../../cli/watchedSink.ts"
import * as Documents from "../../sink/Documents.ts"
import { layerMemory } from "../../sink/Sink.ts"
import { Order } from "../table.ts"
import type { Index } from "./Index.ts"

export const memoryIndex = (): Index => {
  const orders = new Set<string>()
  return {
    title: "memory",
    aliasOf: (aggregate) => aggregate,
    sink: watchedSink(layerMemory, ({ id, shape }) =>
      Effect.sync(() => {
        if (shape.aggregate === Order) orders.add(id)
      })
    ),
    search: (words) =>
      Effect.filter([...orders], (orderId) =>
        Effect.map(
          Effect.catchTag(Documents.get(Order, { orderId }), "WrongType", Effect.die),
          (found) =>
            found._tag === "Some" &&
            found.value.orderItems.some(({ productName }) => productName.toLowerCase().includes(words))
        )
      ),
    searchText: (words) => `orders with an item whose productName has "${words}"`
  }
}
