/** Batches of a followed stream: when its programs say that changes may be lost, and that they are at work. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Layer, Logger, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as following from "../../src/pipeline/following.ts"
import { Budget } from "../../src/Budget.ts"
import type { Change } from "../../src/source/Change.ts"
import { withTimePassing } from "../simulate/withTimePassing.ts"
import { isState, isWrite } from "../simulate/requests.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import { stateOf } from "../simulate/state.ts"
import { type Interceptor, sink } from "../simulate/transport.ts"

const make = <const Name extends string>(name: Name, key: string) =>
  Aggregate.make(name, { key: `${key}#{id}`, root: Aggregate.root("DETAILS", { name: Schema.String }) })
const table = Table.make({
  partitionKey: "PK",
  sortKey: "SK",
  aggregates: [make("orders", "ORDER"), make("users", "USER")]
})

let sequence = 100
/** A change of a row that was made `age` before now. */
const change = Effect.fnUntraced(function* (age: Duration.Input, name = "Ada", partition = "ORDER#1") {
  const keys = { PK: { S: partition }, SK: { S: "DETAILS" } }
  const now = yield* Clock.currentTimeMillis
  return Result.succeed<Change>({
    keys,
    image: { ...keys, name: name === "" ? { N: "1" } : { S: name } },
    origin: {
      _tag: "Stream",
      eventName: "MODIFY",
      streamArn: "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-07-01T08:00:00.000",
      sequenceNumber: String(sequence++),
      createdAt: now - Duration.toMillis(Duration.fromInputUnsafe(age)),
      viewType: "NEW_IMAGE"
    }
  })
})

const world = (intercept?: Interceptor) => {
  const server = new SimulatedOpenSearch()
  const layer = Layer.mergeAll(sink(server, intercept), Logger.layer([]))
  const due = (alias: string) => stateOf(server, `${alias}-000001`).verificationDue?.reason
  return { server, layer, due }
}

const start = TestClock.setTime(Date.parse("2026-08-01T00:00:00Z"))

/** One process, alive while `use` runs. */
const process = <A, E, R>(layer: ReturnType<typeof world>["layer"], use: Effect.Effect<A, E, R>) =>
  Effect.provide(use, layer)

describe("a followed stream", () => {
  it.effect("a first record after a silence that is older than 20 hours marks all generations, in any process", () =>
    Effect.gen(function* () {
      yield* start
      const { due, layer } = world()
      const batch = Effect.fnUntraced(function* (age: Duration.Input) {
        return yield* process(layer, following.deliver(table, [yield* change(age)]))
      })
      yield* batch("1 second")
      yield* TestClock.adjust("30 hours")
      yield* batch("19 hours")
      assert.isUndefined(due("orders"))
      yield* TestClock.adjust("30 hours")
      yield* batch("21 hours")
      assert.include(due("orders") ?? "", "nobody followed the stream since 2026-08-02T06:00:00.000Z")
      assert.isDefined(due("users"))
    })
  )

  it.effect("a change that can't be written marks its own generation once it is older than 23 hours", () =>
    Effect.gen(function* () {
      yield* start
      const { due, layer } = world()
      yield* process(
        layer,
        Effect.gen(function* () {
          yield* following.deliver(table, [yield* change("1 second"), yield* change("1 second", "Bob", "USER#1")])
          yield* following.deliver(table, [yield* change("22 hours", "")])
          assert.isUndefined(due("orders"))
          const { unacknowledged } = yield* following.deliver(table, [yield* change("23.5 hours", "")])
          assert.lengthOf(unacknowledged, 1)
          assert.include(due("orders") ?? "", "over 23 hours old")
          assert.isUndefined(due("users"))
        })
      )
    })
  )

  it.effect("a gap that is told while an index can't be used is not taken for noted", () =>
    Effect.gen(function* () {
      yield* start
      const { due, layer, server } = world()
      const gap = following.report(table, { gap: "records were trimmed" })
      yield* process(layer, following.deliver(table, [yield* change("1 second")]))
      server.handle({ method: "POST", path: "/orders-000001/_close" })
      const failed = yield* Effect.flip(process(layer, gap))
      assert.include(failed.message, "is closed")
      server.handle({ method: "POST", path: "/orders-000001/_open" })
      yield* process(layer, gap)
      assert.deepStrictEqual([due("orders"), due("users")], ["records were trimmed", "records were trimmed"])
    })
  )

  it.effect("where the mark can't be set nothing is acknowledged, else a report that fails holds up nothing", () =>
    Effect.gen(function* () {
      yield* start
      let isDown = false
      const deaf: Interceptor = (request, next) =>
        isDown && isState(request) && isWrite({ ...request, body: "" })
          ? Effect.succeed({ status: 503, text: "" })
          : next
      const { layer } = world(deaf)
      yield* process(layer, following.deliver(table, [yield* change("1 second")]))
      isDown = true
      yield* TestClock.adjust("2 minutes")
      const { unacknowledged } = yield* process(layer, following.deliver(table, [yield* change("1 second")]))
      assert.deepStrictEqual(unacknowledged, [])
      yield* TestClock.adjust("30 hours")
      const failed = yield* Effect.exit(process(layer, following.deliver(table, [yield* change("21 hours")])))
      assert.isTrue(Exit.isFailure(failed))
    })
  )

  it.effect("a server that does not answer takes no more than the batch's time", () =>
    Effect.gen(function* () {
      yield* start
      const { layer } = world(() => Effect.never)
      const before = yield* Clock.currentTimeMillis
      const delivery = following.deliver(table, [yield* change("1 second")])
      const { unacknowledged } = yield* withTimePassing(
        Effect.provideService(process(layer, delivery), Budget, Duration.seconds(8))
      )
      assert.lengthOf(unacknowledged, 1)
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 8200)
    })
  )
})
