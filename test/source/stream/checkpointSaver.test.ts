/** What the reading must never notice of the store: that it hangs, and how many saves it was asked for. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Option, Scope } from "effect"
import { type Checkpoint, Checkpoints } from "../../../src/source/stream/Checkpoints.ts"
import { makeSaver } from "../../../src/source/stream/checkpointSaver.ts"
import { type Progress, Reporter } from "../../../src/source/stream/Progress.ts"
import { advance, toEnd } from "./tailWorld.ts"

const at = (number: number): Checkpoint => ({
  streamArn: "arn",
  listedTo: 0,
  shards: { "shardId-1": `${number}` },
  times: {}
})

const withStore = Effect.fnUntraced(function* (save: (checkpoint: Checkpoint) => Effect.Effect<void>) {
  const scope = yield* Scope.make()
  const told: Array<Progress> = []
  let number = 0
  const request = yield* makeSaver(() => at(number)).pipe(
    Effect.provideService(Reporter, (progress) => Effect.sync(() => void told.push(progress))),
    Scope.provide(scope),
    Effect.provideService(Checkpoints, { load: Effect.succeed(Option.none()), save })
  )
  const acknowledge = Effect.suspend(() => {
    number++
    return request
  })
  return { acknowledge, told, stop: Scope.close(scope, Exit.void) }
})

it.effect("many acknowledgements while a save runs become one more save, of the newest", () =>
  Effect.gen(function* () {
    const saved: Array<Checkpoint> = []
    const { acknowledge, stop } = yield* withStore((checkpoint) =>
      Effect.delay(
        Effect.sync(() => void saved.push(checkpoint)),
        "1 second"
      )
    )
    yield* acknowledge
    yield* advance("500 millis")
    for (let i = 0; i < 100; i++) yield* acknowledge
    yield* advance("10 seconds")
    assert.deepStrictEqual(saved, [at(1), at(101)])
    yield* stop
    assert.strictEqual(saved.length, 2)
  })
)

it.effect("a store that hangs holds up neither an acknowledgement nor, for more than 5 seconds, the end", () =>
  Effect.gen(function* () {
    const { acknowledge, stop, told } = yield* withStore(() => Effect.never)
    yield* acknowledge
    yield* advance("1 second")
    yield* acknowledge
    yield* toEnd(stop)
    assert.deepStrictEqual(
      told.map(({ _tag }) => _tag),
      ["CheckpointUnsaved"]
    )
  })
)
