/**
 * Verification with repair against everything that may happen meanwhile. Between any two of its requests the table
 * changes and the stream's records come, late, in any order of their rows, and more than once; and it runs beside a
 * backfill whose pages are as late.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { backfill } from "../../src/maintain/backfill.ts"
import { verify } from "../../src/maintain/verify.ts"
import { Sink } from "../../src/sink/Sink.ts"
import { rowBytes } from "../../src/source/rowBytes.ts"
import type { ReadRecord } from "../../src/source/record/streamRecord.ts"
import { SimulatedOpenSearch } from "../simulate/SimulatedOpenSearch.ts"
import type { Interceptor } from "../simulate/transport.ts"
import { sink } from "../simulate/transport.ts"
import * as shop from "./shop.ts"
import { atOnce, deliver, makeWorld, visible, type World } from "./world.ts"
import { often } from "../often.ts"

const { details, index, item, keysOf, table } = shop

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const stepOf = (kinds: string) =>
  Schema.Struct({ what: Schema.Literals(kinds.split(" ")), order: upTo(1), item: upTo(1), value: upTo(3) })
const happenings = "put put root remove remove-root told told told deliver deliver again lose spoil"
/** Much of the time nothing happens, so that a difference may stand from one look to the next. */
const Step = stepOf(`${happenings} nothing nothing nothing nothing nothing nothing nothing nothing nothing nothing`)
type Step = typeof Step.Type

/** What happened before, and what happens between the requests and after them. Left alone, arrays would be short. */
const Steps = Schema.Struct({
  before: Schema.Array(stepOf(happenings)).check(Schema.isMinLength(4), Schema.isMaxLength(16)),
  meanwhile: Schema.Array(Step).check(Schema.isMinLength(24), Schema.isMaxLength(60))
})

/** What happens in a world: the writer, and the stream's delivery by a worker of its own. */
class Life {
  readonly waiting: Array<ReadRecord> = []
  readonly past: Array<ReadRecord> = []
  private readonly world: World
  private readonly worker: Sink["Service"]
  private readonly isFaithful: boolean

  constructor(world: World, worker: Sink["Service"], isFaithful: boolean) {
    this.world = world
    this.worker = worker
    this.isFaithful = isFaithful
  }

  deliver(records: ReadonlyArray<ReadRecord>) {
    this.past.push(...records)
    return deliver(table, records).pipe(Effect.provideService(Sink, this.worker), Effect.orDie)
  }

  readonly run = Effect.fnUntraced({ self: this as Life }, function* (this: Life, step: Step) {
    const { item: i, order: n, value, what } = step
    const { server, table: rows } = this.world
    yield* TestClock.adjust("7 millis")
    if (what === "put" || what === "told") yield* rows.put(item(n, i, value))
    if (what === "root") yield* rows.put(details(n, `${value}`))
    if (what === "remove") yield* rows.remove(keysOf(item(n, i, 0)))
    if (what === "remove-root") yield* rows.remove(keysOf(details(n, "")))
    this.waiting.push(...(yield* this.world.take(1000)))
    if (what === "told") return yield* this.deliver(this.waiting.splice(0))
    const chosen = this.waiting.splice(value % Math.max(1, this.waiting.length), 1 + (i % 2))
    if (what === "deliver") return yield* this.deliver(chosen)
    if (what === "lose" && !this.isFaithful) return
    this.waiting.unshift(...chosen)
    if (what === "again") return yield* this.deliver(this.past.slice(value, value + 2))
    if (what === "spoil" && !this.isFaithful) spoil(server, String(n), value)
  })
}

const spoil = (server: SimulatedOpenSearch, id: string, how: number) => {
  const stored = server.indices.get(index)?.documents.get(id)
  if (stored === undefined) return
  if (how === 0) return shop.spoil(server, id, () => undefined)
  if (how === 1) return shop.spoil(server, id, (source) => (source._sync.live ? { ...source, pieces: 99 } : source))
  if (how === 2) return shop.spoilRows(server, id, (rows) => rows.slice(1))
  return shop.spoilRows(server, id, (rows) =>
    rows.map((row) => (row.json === undefined || row.row.kind === "root" ? row : { ...row, json: '{"quantity":50}' }))
  )
}

/** Lives through the steps while `job` runs, one at each of its requests, and the rest after it. */
const during = Effect.fnUntraced(function* (
  steps: typeof Steps.Type,
  isFaithful: boolean,
  stream: "on" | "none",
  job: (world: World) => Effect.Effect<unknown, unknown, any>
) {
  const server = new SimulatedOpenSearch()
  const worker = yield* Effect.provide(Sink, sink(server, undefined, { retry: atOnce }))
  const left = [...steps.meanwhile]
  let life: Life | undefined
  let isStepping = false
  const meanwhile = Effect.suspend(() => {
    const step = isStepping ? undefined : left.shift()
    if (life === undefined || step === undefined) return Effect.void
    isStepping = true
    return Effect.ensuring(
      life.run(step),
      Effect.sync(() => (isStepping = false))
    )
  })
  const between = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(meanwhile, Effect.tap(effect, meanwhile))
  const intercept: Interceptor = (_, next) => between(next)
  const world = yield* makeWorld({
    server,
    intercept,
    table: { pageRowsMax: 2, stream: stream === "on" ? "NEW_IMAGE" : "none" }
  })
  world.api.scan = (segment) => between(world.table.scanApi.scan(segment))
  world.api.query = (partition) => between(world.table.scanApi.query(partition))
  yield* world.table.put(details(0, "first"))
  life = new Life(world, worker, isFaithful)
  for (const step of steps.before) yield* life.run(step)
  yield* Effect.provide(job(world), world.layer)
  while (left.length > 0) yield* meanwhile
  // All that was not lost comes in the end.
  yield* life.deliver([...life.waiting, ...(yield* world.take(1000))])
  return world
})

const options = {
  tableName: "table",
  segments: 2,
  segmentsAtOnce: 1,
  heldBytesMax: 2 * rowBytes(item(0, 0, 0)),
  settle: 0
}
const repairing = verify(table, { ...options, isRepairing: true })

const agrees = Effect.fnUntraced(function* ({ server, table }: World) {
  assert.deepEqual(visible(server, index), yield* shop.expected(table))
})

describe("verify and repair", () => {
  it.effect.prop(
    "make no document wrong that the stream makes right, whenever it comes",
    [Steps],
    ([steps]) =>
      Effect.flatMap(
        during(steps, true, "on", () => Effect.andThen(repairing, repairing)),
        agrees
      ),
    { arbitrary: { runs: often(250) } }
  )

  it.effect.prop(
    "nor does a backfill beside them",
    [Steps],
    ([steps]) =>
      Effect.flatMap(
        during(steps, true, "on", () =>
          Effect.all([backfill(table, options), repairing], { concurrency: 2, discard: true })
        ),
        agrees
      ),
    { arbitrary: { runs: often(100) } }
  )

  it.effect.prop(
    "leave nothing wrong once it is quiet, whatever was lost or spoilt before and meanwhile",
    [Steps],
    ([steps]) =>
      Effect.gen(function* () {
        const world = yield* during(steps, false, "on", () => repairing)
        yield* TestClock.adjust("1 minute")
        const report = yield* Effect.provide(repairing, world.layer)
        yield* agrees(world)
        assert.strictEqual(report.repaired, report.drift)
        const after = yield* Effect.provide(verify(table, options), world.layer)
        assert.deepInclude(after, { drift: 0, restless: 0 })
      }),
    { arbitrary: { runs: often(200) } }
  )

  it.effect.prop(
    "leave nothing wrong of a table without a stream either",
    [Steps],
    ([steps]) =>
      Effect.gen(function* () {
        const world = yield* during(steps, true, "none", () => Effect.andThen(backfill(table, options), repairing))
        yield* TestClock.adjust("1 minute")
        yield* Effect.provide(repairing, world.layer)
        yield* agrees(world)
      }),
    { arbitrary: { runs: often(60) } }
  )
})
