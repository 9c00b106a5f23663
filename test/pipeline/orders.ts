/** Rows of orders as their attributes, and batches of them through the pipeline. */
import { Effect, Result } from "effect"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import type { Received } from "../../src/pipeline/settlement.ts"
import type { Sink } from "../../src/sink/Sink.ts"
import type { Change } from "../../src/source/Change.ts"
import type { MalformedRecord } from "../../src/source/record/streamRecord.ts"
import { table } from "../definitions.ts"

export const details = { orderId: { S: "1" }, customerName: { S: "Ada" } }
export const item = (quantity: string) => ({ sku: { S: "tea" }, quantity: { N: quantity }, price: { N: "3" } })

export const deliver = (...changes: ReadonlyArray<Change | MalformedRecord>) =>
  Pipeline.deliver(
    table,
    changes.map((change): Received => ("_tag" in change ? Result.fail(change) : Result.succeed(change)))
  )

export const fails = <A, E>(effect: Effect.Effect<A, E, Sink>) => Effect.flip(effect)
