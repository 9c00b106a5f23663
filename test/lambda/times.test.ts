/** Whatever number stands as a record's creation time, the handler writes the rows and acknowledges them. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Layer, Schema } from "effect"
import { logged } from "./logged.ts"
import { table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import * as Sink from "../../src/sink/Sink.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { sink } from "../simulate/transport.ts"

const arn = (label: string) => `arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/${label}`
const older = arn("2026-08-01T12:00:00.000")
const newer = arn("2026-11-27T10:00:00.000")

const record = (streamArn: string, id: string, time: unknown, precision?: string) => ({
  eventName: "INSERT",
  eventSource: "aws:dynamodb",
  eventSourceARN: streamArn,
  dynamodb: {
    ApproximateCreationDateTime: time,
    ...(precision === undefined ? {} : { ApproximateCreationDateTimePrecision: precision }),
    Keys: { PK: { S: `USER#${id}` }, SK: { S: "PROFILE" } },
    NewImage: { name: { S: "Ada" }, email: { S: "ada@example.com" } },
    SequenceNumber: "100000000000000000001",
    StreamViewType: "NEW_IMAGE"
  }
})

const lines = logged()

const acknowledged = { batchItemFailures: [] }
const numbers = Arbitrary.schema(Schema.Number)

describe.each<[string, () => Layer.Layer<Sink.Sink, Sink.SinkError>]>([
  ["memory", () => Sink.layerMemory],
  ["the simulated OpenSearch", () => sink(new SimulatedOpenSearch())]
])("with %s", (_, layer) => {
  it.effect.prop("any number is taken", [numbers, numbers], ([one, other]) =>
    Effect.gen(function* () {
      const handler = Lambda.make(table, { layer: layer() })
      const times = [one, other, one * 1e9, -other, String(one), new Date(other)]
      const records = times.map((time, i) => ({ ...record(older, `${i}`, time) }))
      assert.deepStrictEqual(yield* Effect.promise(() => handler({ Records: records })), acknowledged)
      const delay: unknown = JSON.parse(lines().at(-1)!).delay
      assert.isTrue(Number.isFinite(delay), String(delay))
    })
  )
})

it.each<[string, unknown, string | undefined]>([
  ["seconds", 1_785_664_790, undefined],
  ["milliseconds", 1_785_664_790_123, "MILLISECOND"],
  ["milliseconds by their size alone", 1_785_664_790_123, undefined],
  ["microseconds", 1_785_664_790_123_456, "MICROSECOND"],
  ["nanoseconds", 1_785_664_790_123_456_789n.toString(), undefined]
])("case 64: a record of an older stream is of that time in %s, not of another table", async (_, time, precision) => {
  const handler = Lambda.make(table, { layer: sink(new SimulatedOpenSearch()) })
  const records = (...all: ReadonlyArray<unknown>) => handler({ Records: all })
  assert.deepStrictEqual(await records(record(newer, "1", 1_795_773_700)), acknowledged)
  assert.deepStrictEqual(await records(record(older, "2", time, precision)), acknowledged)
})

it.each([1_795_773_800, 1_795_773_800_000, 1_795_773_800_000_000])(
  "a record of an older stream made after the newer one is told, with its time, as %d",
  async (time) => {
    const handler = Lambda.make(table, { layer: sink(new SimulatedOpenSearch()) })
    await handler({ Records: [record(newer, "1", 1_795_773_700)] })
    const error = await handler({ Records: [record(older, "2", time)] }).then(
      () => undefined,
      (error: Error) => error.message
    )
    assert.include(error ?? lines().join("\n"), "2026-11-27T10:03:20.000Z")
  }
)
