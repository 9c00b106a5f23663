/** The log line of a batch as CloudWatch takes it: its metrics are those of the batch, whatever it holds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { vi } from "vitest"
import { table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as emf from "../../src/metrics/emf.ts"
import * as measures from "../../src/metrics/measures.ts"
import { Observations, Observed, observe, ofDimensions } from "../../src/metrics/observe.ts"
import { logged } from "../lambda/logged.ts"
import { isWrite } from "../simulate/requests.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink } from "../simulate/transport.ts"
import { accept } from "./emfSchema.ts"
import { profile, unreadable } from "./records.ts"

const lines = logged()
const last = () => lines().findLast((line) => JSON.parse(line).message === "batch")!

const dimensionsOf = (line: string): unknown => JSON.parse(line)._aws.CloudWatchMetrics[0].Dimensions

const line = (observations: Observations): string =>
  JSON.stringify(emf.fields(observations, measures.ofBatch, 1_800_000_000_000))

describe("the log line of a batch", () => {
  it("holds the metrics of what was delivered, and of its requests", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "shop-search")
    const bodies: Array<string> = []
    const layer = sink(new SimulatedOpenSearch(), (request, next) => {
      bodies.push(request.body ?? "")
      return next
    })
    const handler = Lambda.make(table, { layer })
    const before = 1_700_000_000_000
    await handler({ Records: [profile(1, "1", before - 5000), profile(2, "ä", before - 2000), unreadable(3)] })
    const first = accept(last())
    const counts = { received: 3, written: 2, unchanged: 0, refused: 1, deadLettered: 0, unacknowledged: 1 }
    assert.deepInclude(first, { ...counts, conflicts: 0, unclaimed: 0, retries: 0, cacheHits: 0 })
    assert.strictEqual(first["requests"], bodies.length)
    assert.strictEqual(first["sentBytes"], Buffer.byteLength(bodies.join("")))
    assert.lengthOf(first["requestSeconds"] as ReadonlyArray<number>, bodies.length)
    const delays = first["delaySeconds"] as ReadonlyArray<number>
    assert.lengthOf(delays, 2)
    assert.closeTo(delays[0]! - delays[1]!, 3, 1e-6)
    assert.isAbove(delays[1]!, 86_400)
    assert.deepStrictEqual(dimensionsOf(last()), [["function", "table"]])
    assert.include(JSON.parse(last()), { function: "shop-search", table: "Shop" })

    await handler({ Records: [profile(4, "1", before)] })
    const second = accept(last())
    assert.deepInclude(second, { received: 1, written: 1, cacheHits: 1, cacheMisses: 0 }, "of this batch alone")
  })

  it("counts what was tried again, and the requests that failed", async () => {
    let failures = 2
    const layer = sink(new SimulatedOpenSearch(), (request, next) => {
      const isBad = isWrite(request) && failures-- > 0
      return isBad ? Effect.succeed({ status: 429, text: "{}" }) : next
    })
    await Lambda.make(table, { layer })({ Records: [profile(1, "1", 0), profile(2, "2", 0)] })
    assert.deepInclude(accept(last()), { written: 2, retries: 4 })
  })

  it("has counts alone, as before, where no metrics are wanted", async () => {
    const layer = sink(new SimulatedOpenSearch())
    await Lambda.make(table, { layer, emf: false })({ Records: [profile(1, "1", 0)] })
    const fields = Object.values(JSON.parse(last()))
    assert.isTrue(fields.every((value) => typeof value !== "object"))
    assert.notInclude(last(), "_aws")
  })

  it("keeps each invocation's metrics to itself, also where several run at once", async () => {
    const handler = Lambda.make(table, { layer: sink(new SimulatedOpenSearch()) })
    await Promise.all(
      [1, 2, 3].map((size) =>
        handler({ Records: Array.from({ length: size }, (_, i) => profile(100 * size + i, `${size}-${i}`, 0)) })
      )
    )
    const found = lines()
      .filter((line) => JSON.parse(line).message === "batch")
      .map(accept)
    assert.sameMembers(
      found.map(({ written }) => written),
      [1, 2, 3]
    )
    for (const { received, written } of found) assert.strictEqual(received, written)
  })
})

describe("emf.fields", () => {
  it.effect.prop(
    "are accepted whatever was observed, and keep the least and the greatest value",
    [Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e6 }))), Schema.String],
    ([values, table]) =>
      Effect.gen(function* () {
        const observations = new Observations()
        const many = values.flatMap((value) => Array.from({ length: 40 }, (_, i) => value + i))
        yield* observe([measures.delay, many]).pipe(
          ofDimensions({ table, function: undefined }),
          Effect.provideService(Observed, observations)
        )
        const { delaySeconds = [] } = accept(line(observations))
        const shown = delaySeconds as ReadonlyArray<number>
        assert.lengthOf(shown, Math.min(100, many.length))
        if (many.length === 0) return
        assert.closeTo(Math.min(...shown), Math.min(...many), 0.001)
        assert.closeTo(Math.max(...shown), Math.max(...many), 0.001)
      })
  )

  it("have a dimension for what is known alone", () => {
    assert.deepStrictEqual(dimensionsOf(line(new Observations())), [[]])
  })
})
