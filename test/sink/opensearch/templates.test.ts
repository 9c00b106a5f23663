/**
 * What an index template, or somebody later, sets on an index that would alter documents or drop them (case 71). What
 * the sink can switch off when it makes the index is off; else it acknowledges nothing, and says what to do.
 */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Logger, Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, describe } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import { plan } from "../../../src/generation/plan.ts"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Budget } from "../../../src/Budget.ts"
import { type Outcome } from "../../../src/sink/Sink.ts"
import { put } from "../../../src/testing/events.ts"
import { describeReal } from "../../servers/servers.ts"
import { ask, drop } from "../../whole/opensearch.ts"
import { outcomesOf } from "../outcomes.ts"

const Order = Aggregate.make("orders", {
  key: "ORDER#{id}",
  root: Aggregate.root("DETAILS", { status: Schema.String }),
  parts: { items: Aggregate.many("ITEM#{n}", { name: Schema.String }) }
})

const template = (settings: object, mappings: object = {}) => ({ settings, mappings })
const fields = (properties: object) => template({}, { properties })

/** What can be overridden by name is; the rest is found before the first write. */
const templates: ReadonlyArray<readonly [name: string, template: object, legacy?: RegExp, composable?: RegExp]> = [
  ["a default pipeline", template({ "index.default_pipeline": "nowhere" })],
  ["a final pipeline", template({ "index.final_pipeline": "nowhere" })],
  ["a relaxed translog", template({ "index.translog.durability": "async" })],
  ["blocks", template({ "index.blocks.write": true, "index.blocks.read": true })],
  ["a read-only index", template({ "index.blocks.read_only": true, "index.blocks.metadata": true })],
  ["no _source", template({}, { _source: { enabled: false } })],
  ["a _source without the sync state", template({}, { _source: { excludes: ["_sync"] } }), /_source has excludes/],
  ["a _source of one field", template({}, { _source: { includes: ["status"] } }), /_source has includes/],
  ["a required routing", template({}, { _routing: { required: true } })],
  ["a strict mapping", template({}, { dynamic: "strict" })],
  [
    "a dynamic mapping",
    template({}, { dynamic: true, dynamic_templates: [{ all: { match: "*", mapping: { type: "date" } } }] })
  ],
  [
    "a source derived from the index",
    template({ "index.derived_source.enabled": true }),
    /derived.source/i,
    /derived.source/i
  ],
  ["documents that never change", template({ "index.append_only.enabled": true }), /append_only/, /append_only/],
  ["a mapped sync state", fields({ _sync: { properties: { f: { type: "date" } } } }), /_sync\.f/, /_sync\.f/],
  [
    "a sync state that is not indexed",
    fields({ _sync: { type: "object", enabled: false } }),
    /_sync.* enabled/,
    /_sync/
  ],
  [
    "a field that is copied",
    fields({ status: { type: "keyword", copy_to: "all" }, all: { type: "date" } }),
    /"status" is copied/
  ],
  [
    "a strict part",
    fields({ items: { type: "nested", dynamic: "strict" } }),
    /"items" is dynamic/,
    /"items" is dynamic/
  ],
  ["a field of its own beside", fields({ other: { type: "date" } })]
]

const changes: ReadonlyArray<readonly [name: string, on: object, off: object, sentence: RegExp]> = [
  [
    "a default pipeline",
    { default_pipeline: "nowhere" },
    { default_pipeline: "_none" },
    /default_pipeline is "nowhere"/
  ],
  ["a final pipeline", { final_pipeline: "nowhere" }, { final_pipeline: null }, /final_pipeline is "nowhere"/],
  ["a relaxed translog", { "translog.durability": "async" }, { "translog.durability": "request" }, /is async/],
  ["a block of writes", { "blocks.write": true }, { "blocks.write": false }, /blocks\.write is on/],
  ["a block of reads", { "blocks.read": true }, { "blocks.read": null }, /blocks\.read is on/],
  ["a read-only index", { "blocks.read_only": true }, { "blocks.read_only": false }, /blocks\.read_only is on/],
  ["a block of metadata", { "blocks.metadata": true }, { "blocks.metadata": false }, /index metadata/]
]

const reasonOf = (outcome: Outcome | undefined) => (outcome?._tag === "Unsettled" ? outcome.reason : outcome?._tag)

describeReal("an index", ({ openSearchNode }) => {
  const run = `templates${randomInt(2 ** 31)}-`
  const made: Array<string> = []
  afterAll(async () => {
    await drop(openSearchNode, run)
    for (const path of made) await ask(openSearchNode, "DELETE", path)
  })

  const sent = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await ask(openSearchNode, method, path, body)
    assert.strictEqual(status, 200, text)
    return JSON.parse(text)
  }

  /** A sink on an alias of its own that looks at its index before each write. */
  const world = (name: string) => {
    const aliasPrefix = `${run}${name}-`
    const options = { nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix, checkEvery: 0 } as const
    const index = `${aliasPrefix}orders-000001`
    const write = (...events: ReadonlyArray<ReturnType<ReturnType<typeof put>["root"]>>) =>
      Effect.gen(function* () {
        const outcomes = yield* outcomesOf(Patch.fromEvents(events), [])
        return outcomes[0]
      }).pipe(Effect.provideService(Budget, Duration.seconds(5)))
    const planned = Effect.map(plan([Order], aliasPrefix), ([only]) => only!.change).pipe(
      Effect.provide(client.layer(options))
    )
    const stored = (id: string) =>
      Effect.promise(async () => JSON.parse((await ask(openSearchNode, "GET", `/${index}/_doc/${id}`)).text)._source)
    return { aliasPrefix, index, layer: OpenSearchSink.layer(options), planned, stored, write }
  }

  const root = () => put(Order).root({ id: "1" }, { status: "paid" })
  const item = (id: string) => put(Order).items({ id, n: "1" }, { name: "tea" })

  describe.each(["composable", "legacy"] as const)("made under a template in the %s form", (form) => {
    it.live.each(templates.map(([name, ...rest], i) => [name, i, rest] as const))(
      "with $0",
      ([, i, [given, ofLegacy, ofComposable]]) => {
        const { aliasPrefix, index, layer, planned, stored, write } = world(`${form}${i}`)
        const path = form === "legacy" ? `/_template/${aliasPrefix}` : `/_index_template/${aliasPrefix}`
        const patterns = { index_patterns: [`${aliasPrefix}*`] }
        const body =
          form === "legacy" ? { ...patterns, order: 9, ...given } : { ...patterns, priority: 9, template: given }
        made.push(path)
        const sentence = form === "legacy" ? ofLegacy : ofComposable
        return Effect.gen(function* () {
          yield* Effect.promise(() => sent("PUT", path, body))
          // The item comes first: until its order comes, all of it stands in the sync state.
          const outcome = yield* write(item("1"))
          if (sentence !== undefined) {
            assert.match(reasonOf(outcome)!, sentence)
            const made = yield* Effect.promise(() => ask(openSearchNode, "GET", `/${index}`))
            if (made.status === 404) return assert.match(reasonOf(outcome)!, /can't be made/)
            assert.match(JSON.stringify(yield* planned), /"Incompatible"/)
            const { count } = yield* Effect.promise(() => sent("GET", `/${index}/_count`))
            return assert.strictEqual(count, 0)
          }
          assert.strictEqual(reasonOf(outcome), "Written")
          assert.deepStrictEqual((yield* planned)._tag, "None")
          assert.strictEqual(reasonOf(yield* write(root())), "Written")
          const { _sync, ...document } = yield* stored("1")
          assert.deepStrictEqual(document, { status: "paid", items: [{ name: "tea" }] })
          assert.isDefined(_sync)
        }).pipe(Effect.provide([layer, Logger.layer([])]))
      }
    )
  })

  it.live.each(changes.map(([name, ...rest], i) => [name, i, rest] as const))(
    "that is given $0 later takes nothing until it is off",
    ([, i, [on, off, sentence]]) => {
      const { index, layer, stored, write } = world(`later${i}`)
      const set = (settings: object) => Effect.promise(() => sent("PUT", `/${index}/_settings`, { index: settings }))
      return Effect.gen(function* () {
        assert.strictEqual(reasonOf(yield* write(root())), "Written")
        yield* set(on)
        assert.match(reasonOf(yield* write(item("1")))!, sentence)
        yield* set(off)
        assert.deepStrictEqual((yield* stored("1")).items, [])
        assert.strictEqual(reasonOf(yield* write(item("1"))), "Written")
        assert.deepStrictEqual((yield* stored("1")).items, [{ name: "tea" }])
      }).pipe(Effect.provide([layer, Logger.layer([])]))
    }
  )

  it.live.each(["strict", "true"])("whose mapping is made %s later takes nothing until it is not", (dynamic) => {
    const { index, layer, write } = world(`dynamic-${dynamic}`)
    const set = (value: unknown) => Effect.promise(() => sent("PUT", `/${index}/_mapping`, { dynamic: value }))
    return Effect.gen(function* () {
      assert.strictEqual(reasonOf(yield* write(root())), "Written")
      yield* set(dynamic)
      assert.match(reasonOf(yield* write(item("1")))!, /mapping is dynamic/)
      yield* set(false)
      assert.strictEqual(reasonOf(yield* write(item("1"))), "Written")
    }).pipe(Effect.provide([layer, Logger.layer([])]))
  })

  it.live("that is closed takes nothing until it is open again", () => {
    const { index, layer, planned, write } = world("closed")
    return Effect.gen(function* () {
      assert.strictEqual(reasonOf(yield* write(root())), "Written")
      yield* Effect.promise(() => sent("POST", `/${index}/_close`))
      assert.match(reasonOf(yield* write(item("1")))!, /it is closed; open it/)
      assert.match(JSON.stringify(yield* planned), /it is closed/)
      yield* Effect.promise(() => sent("POST", `/${index}/_open?wait_for_active_shards=1`))
      assert.strictEqual(reasonOf(yield* write(item("1"))), "Written")
    }).pipe(Effect.provide([layer, Logger.layer([])]))
  })
})
