/** Long lists: what is seen is drawn, little else is, and keys of the keyboard stay inside. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { moved, overscan, scrolledTo, windowOf } from "../../../../src/console/page/model/window.ts"

const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Seen = Schema.Struct({
  count: whole(0, 20_000),
  rowHeight: whole(16, 48),
  scrollTop: whole(-50, 1_000_000),
  height: whole(0, 3_000)
})

describe("the window", () => {
  it.prop("holds every row that is seen", [Seen], ([seen]) => {
    const { end, start } = windowOf(seen)
    const most = Math.max(0, seen.count * seen.rowHeight - seen.height)
    const top = Math.min(Math.max(0, seen.scrollTop), most)
    assert.isAtMost(start * seen.rowHeight, top)
    assert.isAtLeast(end * seen.rowHeight, Math.min(top + seen.height, seen.count * seen.rowHeight))
    assert.isTrue(0 <= start && start <= end && end <= seen.count)
  })

  it.prop("holds few others", [Seen], ([seen]) => {
    const { end, start } = windowOf(seen)
    assert.isAtMost(end - start, Math.ceil(seen.height / seen.rowHeight) + 2 * overscan + 1)
  })
})

describe("keys", () => {
  const Key = Schema.Literals(["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"])
  it.prop("go to a row of the list, which is then seen whole", [Seen, Key, whole(-1, 20_000)], ([seen, key, from]) => {
    const index = moved(key, from, seen)
    if (index === undefined) return assert.strictEqual(seen.count, 0)
    assert.isTrue(0 <= index && index < seen.count)
    if (seen.height < seen.rowHeight) return
    const top = scrolledTo(seen, index)
    assert.isAtMost(top, index * seen.rowHeight)
    assert.isAtLeast(top + seen.height, (index + 1) * seen.rowHeight)
  })

  it("others are left to the browser", () =>
    assert.isUndefined(moved("a", 0, { count: 3, height: 100, rowHeight: 20, scrollTop: 0 })))
})
