/** A saved state that a scan goes on from, and those that it does not; what a damaged file is told as. */
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option, Schema } from "effect"
import { layerFile, ScanProgress, staleness, type State } from "../../../src/source/scan/ScanProgress.ts"

const hour = 3_600_000
const now = Date.UTC(2026, 0, 10)
const state: State = {
  tableArn: "arn",
  target: "orders",
  startedAt: now - hour,
  writtenFrom: null,
  rows: 7,
  segments: ["new"]
}

describe("a saved state is gone on from", () => {
  const Hours = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))

  it.prop("if it is at most a day old and not older than its index", [Hours, Hours], ([age, made]) => {
    const startedAt = now - age * hour
    const sentence = staleness({ ...state, startedAt }, { ...state, targetMadeAt: now - made * hour }, now)
    assert.strictEqual(sentence === undefined, age <= 24 && age <= made)
    if (sentence !== undefined) assert.include(sentence, new Date(startedAt).toISOString())
  })

  it("if it is of the same table and index", () => {
    assert.isUndefined(staleness(state, state, now))
    assert.match(staleness(state, { ...state, tableArn: "other" }, now) ?? "", /^it is of the table arn$/)
    assert.match(
      staleness(state, { ...state, target: "users" }, now) ?? "",
      /for another index, or from another export$/
    )
  })
})

it.effect.each(["{", "{}", JSON.stringify({ format: 1, ...state, startedAt: 1e300 })])(
  "a file that is damaged is a sentence: %s",
  (text) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = `${yield* files.makeTempDirectoryScoped({ prefix: "scan-" })}/shop.json`
      yield* files.writeFileString(path, text)
      const error = yield* Effect.flatMap(ScanProgress, ({ load }) => Effect.flip(load)).pipe(
        Effect.provide(layerFile(path))
      )
      assert.match(error.message, /shop\.json is not one of ours or is damaged; remove it to begin anew/)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
)

it.effect("a file may have a byte order mark and carriage returns, and in UTF-16 is a sentence", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = `${yield* files.makeTempDirectoryScoped({ prefix: "scan-" })}/shop.json`
    const load = Effect.flatMap(ScanProgress, ({ load }) => load).pipe(Effect.provide(Layer.fresh(layerFile(path))))
    const text = `\uFEFF${JSON.stringify({ format: 1, ...state }, undefined, 2).replaceAll("\n", "\r\n")}`
    yield* files.writeFileString(path, text)
    assert.deepStrictEqual(Option.getOrThrow(yield* load), state)
    yield* files.writeFile(path, Buffer.from(text, "utf16le"))
    assert.include((yield* Effect.flip(load)).message, "it is UTF-16 text")
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
)
