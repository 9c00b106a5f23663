/**
 * Errors without a reason, a type or any form (case 11): its neighbours go on. The row is a dead letter where the type
 * says that the document is to blame; otherwise it is unacknowledged.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Logger, Result } from "effect"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import { put } from "../../decode/changes.ts"
import { table } from "../../definitions.ts"
import { SimulatedOpenSearch } from "../../simulate/SimulatedOpenSearch.ts"
import { isWrite, only, pairsOf } from "../../simulate/requests.ts"
import { type Interceptor, sink } from "../../simulate/transport.ts"

/** Answers writes of documents with poison in them with this error, and carries out the others. */
const refusing =
  (server: SimulatedOpenSearch, error: unknown): Interceptor =>
  (request, next) => {
    if (!isWrite(request)) return next
    const items = pairsOf(request).map(([, document], i): unknown =>
      document.includes("poison")
        ? { index: { status: 400, error } }
        : JSON.parse(server.handle(only(request, i)).text).items[0]
    )
    return Effect.succeed({ status: 200, text: JSON.stringify({ errors: true, items }) })
  }

it.effect.each([
  ["null", { type: "mapper_parsing_exception", reason: null }, "mapper_parsing_exception: no reason given (400)", 1],
  ["no words", {}, "unknown: no reason given (400)", 0],
  ["a text", "too long", "unknown: the server's words are left out, as they may quote a row (400)", 0],
  ["nothing", undefined, "unknown error (400)", 0]
] as const)("a reason that is %s", ([, error, reason, taken]) =>
  Effect.gen(function* () {
    const deadLetters = new Map<string, DeadLetters.DeadLetter>()
    const server = new SimulatedOpenSearch()
    const details = (orderId: string, note: string) => ({
      orderId: { S: orderId },
      customerName: { S: "Ada" },
      note: { S: note }
    })
    const { summary, unacknowledged } = yield* Pipeline.deliver(table, [
      Result.succeed(put("ORDER#1", "DETAILS", details("1", "poison"), "5")),
      Result.succeed(put("ORDER#2", "DETAILS", details("2", "tea"), "6"))
    ]).pipe(
      Effect.provide([DeadLetters.layerMemory(deadLetters), sink(server, refusing(server, error)), Logger.layer([])])
    )
    assert.deepInclude(summary, { written: 1, deadLettered: taken })
    const told = [...deadLetters.values(), ...unacknowledged].map((one) => one.reason)
    assert.lengthOf(told, 1)
    assert.strictEqual(deadLetters.size, taken)
    assert.isTrue(told[0]!.endsWith(reason), told[0])
  })
)
