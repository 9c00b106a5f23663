/** Definitions with more fields than an index takes by default, and aggregates that are all root or all parts. */
import { assert, it } from "@effect/vitest"
import { Effect, Logger, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"

import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { put } from "../../../src/testing/events.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"
import { outcomesOf } from "../outcomes.ts"

const many = (n: number, name: string) => Array.from({ length: n }, (_, i) => `${name}${i}`)
const fieldsOf = (n: number) =>
  Object.fromEntries(many(n, "field").map((name) => [name, Schema.optionalKey(Schema.String)]))
const fields = fieldsOf(600)
const parts = Object.fromEntries(
  many(30, "part").map((name) => [name, Aggregate.many(`${name.toUpperCase()}#{n}`, { quantity: Schema.Int })])
)

const Wide = Aggregate.make("wide", { key: "W#{id}", root: Aggregate.root("DETAILS", fields) })
const Growing = (n: number) =>
  Aggregate.make("growing", { key: "G#{id}", root: Aggregate.root("DETAILS", fieldsOf(n)) })
const Long = Aggregate.make("long", { key: "L#{id}", root: Aggregate.root("DETAILS", { name: Schema.String }), parts })
const Rootless = Aggregate.make("rootless", { key: "R#{id}", parts: { rows: Aggregate.many("ROW#{n}", fields) } })

describeReal("an index", ({ openSearchNode }) => {
  const run = `wide${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, run))
  const layer = OpenSearchSink.layer({ nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix: run })

  it.effect.each([
    ["a row with 600 attributes", put(Wide).root({ id: "1" }, { field7: "x" })],
    ["30 kinds of rows", put(Long).root({ id: "1" }, { name: "x" })],
    ["no root, and parts with 600 attributes", put(Rootless)["rows"]({ id: "1", n: "1" }, { field7: "x" })]
  ] as const)("is made for a definition of %s, and found again", ([, event]) =>
    Effect.gen(function* () {
      // Each build looks at the index anew.
      for (const outcome of ["Written", "Unchanged"]) {
        const outcomes = yield* Effect.provide(outcomesOf(Patch.fromEvents([event])), layer)
        assert.deepStrictEqual(
          outcomes.map(({ _tag }) => _tag),
          [outcome]
        )
      }
    })
  )

  it.effect("gets a higher limit where added fields need one", () =>
    Effect.gen(function* () {
      for (const n of [10, 600]) {
        const event = put(Growing(n)).root({ id: String(n) }, { field9: "x" })
        const [outcome] = yield* Effect.provide(outcomesOf(Patch.fromEvents([event])), [layer, Logger.layer([])])
        assert.strictEqual(outcome?._tag, "Written", JSON.stringify(outcome))
      }
    })
  )
})
