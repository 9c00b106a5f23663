/** Settings out of the environment: each accepted value, and the sentence for every other. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import * as setting from "../src/setting.ts"

const within = <A>(effect: Effect.Effect<A, setting.SettingError>, X?: string) =>
  effect.pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: X === undefined ? {} : { X } })),
    Effect.match({ onFailure: ({ message }) => message, onSuccess: (value) => value }),
    Effect.runSync
  )

describe("setting", () => {
  it("counts an empty one as not set", () => {
    assert.deepStrictEqual([within(setting.text("X")), within(setting.text("X"), "")], [undefined, undefined])
    assert.strictEqual(within(setting.text("X"), " a "), " a ")
    assert.strictEqual(within(setting.oneOf("X", ["a"]), ""), undefined)
    assert.strictEqual(within(setting.required("X", "a name"), ""), "X is not set; it must be a name")
  })

  it("takes one of a few, and lists them", () => {
    assert.strictEqual(within(setting.oneOf("X", ["a", "b"]), "b"), "b")
    assert.strictEqual(within(setting.oneOf("X", ["a", "b", "c"]), "B"), 'X is "B"; it must be a, b or c')
  })

  it.each([
    ["true", true],
    ["yes", true],
    ["1", true],
    ["false", false],
    ["off", false],
    ["", undefined],
    ["sure", 'X is "sure"; it must be true, yes, on, 1, false, no, off or 0']
  ])("reads %j as %j", (text, value) => assert.strictEqual(within(setting.flag("X"), text), value))
})
