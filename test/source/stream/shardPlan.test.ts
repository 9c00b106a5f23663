/** Laws of the plan over any list of shards, with gaps, and any positions; then the two kinds of case 58 by name. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { finished } from "../../../src/source/stream/Checkpoints.ts"
import * as Plan from "../../../src/source/stream/shardPlan.ts"
import type { Shard } from "../../../src/source/stream/StreamApi.ts"

const shard = (shardId: string, parentShardId?: string, closed = false): Shard => ({ shardId, parentShardId, closed })

/** A family in which each shard's parent is an older one, some left out of the list, some begun or done. */
const Family = Schema.Array(
  Schema.Struct({
    parent: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
    isListed: Schema.Boolean,
    position: Schema.Literals(["", "7", finished])
  })
).check(Schema.isMaxLength(10))

const worldOf = (family: typeof Family.Type) => ({
  shards: family.flatMap(({ isListed, parent }, i) =>
    isListed ? [shard(`s${i}`, parent < i ? `s${parent}` : undefined)] : []
  ),
  positions: new Map(
    family.flatMap(({ position }, i) => (position === "" ? [] : [[`s${i}`, position] as [string, string]]))
  )
})

describe("for any list and positions", () => {
  it.prop("what is readable is unfinished, and its parent is not", [Family], ([family]) => {
    const { positions, shards } = worldOf(family)
    const open = Plan.unfinished(shards, positions)
    for (const shardId of Plan.readable(shards, positions)) {
      assert.isTrue(open.has(shardId))
      const parent = shards.find((shard) => shard.shardId === shardId)?.parentShardId
      assert.isFalse(parent !== undefined && open.has(parent))
    }
  })

  it.prop("something is readable until all is finished, so reading always comes to an end", [Family], ([family]) => {
    const { positions, shards } = worldOf(family)
    const order: Array<string> = []
    for (let now = Plan.readable(shards, positions); now.length > 0; now = Plan.readable(shards, positions)) {
      for (const shardId of now) positions.set(shardId, finished)
      order.push(...now)
    }
    assert.strictEqual(Plan.unfinished(shards, positions).size, 0)
    assert.strictEqual(new Set(order).size, order.length)
  })
})

describe("case 58", () => {
  it("a child waits for its listed parent, in whatever order the list has them", () => {
    const shards = [shard("c", "p"), shard("p", undefined, true)]
    assert.deepStrictEqual(Plan.readable(shards, new Map()), ["p"])
    assert.deepStrictEqual(Plan.readable(shards, new Map([["p", "7"]])), ["p"])
    assert.deepStrictEqual(Plan.readable(shards, new Map([["p", finished]])), ["c"])
  })

  it("a parent that is not listed and was never begun blocks nothing", () => {
    assert.deepStrictEqual(Plan.readable([shard("c", "p"), shard("d", "c")], new Map()), ["c"])
  })

  it("a parent that was begun and is not listed is asked for before its child is read", () => {
    assert.deepStrictEqual(Plan.readable([shard("c", "p")], new Map([["p", "7"]])), ["p"])
  })
})

it("a finished shard is forgotten only after no list has named it for long", () => {
  const positions = new Map([
    ["gone", finished],
    ["gap", finished],
    ["begun", "7"]
  ])
  const listedAt = new Map([
    ["gone", 0],
    ["gap", 900],
    ["begun", 0]
  ])
  assert.deepStrictEqual(Plan.forgettable(positions, listedAt, 1001, 1000), ["gone"])
})
