/**
 * The two sinks against each other: whatever patches come, split and repeated in whatever way, a real OpenSearch and
 * the memory hold the same documents, to the last byte of their text, and say the same about each write.
 */
import { assert, layer } from "@effect/vitest"
import { Arbitrary, Context, Effect, Layer, Logger, Schema } from "effect"
import { randomInt } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { afterAll } from "vitest"
import * as Aggregate from "../../../src/define/Aggregate.ts"
import * as Mapping from "../../../src/define/Mapping.ts"
import * as Shape from "../../../src/define/Shape.ts"
import type { Document } from "../../../src/fold/Document.ts"
import * as Patch from "../../../src/fold/Patch.ts"
import * as Register from "../../../src/fold/Register.ts"
import * as source from "../../../src/fold/source.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import * as Sink from "../../../src/sink/Sink.ts"
import { index } from "../../../src/testing/deliveries.ts"
import { patches } from "../../../src/testing/patches.ts"
import { Basket, Order, Payment, Task, Thread, User } from "../../definitions.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"
import { outcomesIn } from "../outcomes.ts"

/** Hard values. Its numbers and times may be any, so no mapping of the server's must read them. */
const Ledger = Aggregate.make("ledgers", {
  key: "LEDGER#{ledger}",
  root: Aggregate.root("HEAD", {
    balance: Schema.BigInt,
    10: Schema.String,
    9: Schema.optionalKey(Schema.String),
    free: Schema.Json
  }),
  parts: {
    "7": Aggregate.many("E{n}", {
      amount: Schema.BigDecimal.annotate(Mapping.keyword),
      at: Schema.DateTimeUtc.annotate(Mapping.keyword),
      free: Schema.Json
    }),
    last: Aggregate.one("L{n}", { 2: Schema.BigInt, 1: Schema.Json })
  }
})

const aggregates = [Order, User, Basket, Ledger, Task, Thread, Payment]

/** Patches of one document; each comes in so many pieces, and some of the pieces once more at the end. */
const sequences = Arbitrary.flatMap(index(aggregates.length), (chosen) => {
  const aggregate = aggregates[chosen]!
  const step = Arbitrary.all({
    patch: Arbitrary.map(patches(aggregate), storable),
    pieces: index(3),
    isRepeated: index(2)
  })
  return Arbitrary.map(Arbitrary.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
    const inPieces = steps.map(({ patch, pieces }) => split(patch, pieces + 1))
    const again = steps.flatMap(({ isRepeated }, i) => (isRepeated === 1 ? inPieces[i]! : []))
    const pieces = [...inPieces.flat(), ...again.toReversed()]
    return { aggregate, pieces, whole: { ...steps[0]!.patch, marks: undefined, ...folded(pieces) } }
  })
})

/** Without texts that are no Unicode: DynamoDB holds none, and OpenSearch takes no such name of a field. */
const storable = (patch: Patch.Patch): Patch.Patch => ({
  ...patch,
  registers: new Map([...patch.registers].filter(([, { json }]) => json === undefined || !/\\ud[89a-f]/.test(json)))
})

const split = (patch: Patch.Patch, pieces: number): ReadonlyArray<Patch.Patch> =>
  Array.from({ length: pieces }, (_, i) => ({
    ...patch,
    registers: new Map([...patch.registers].filter((_, at) => at % pieces === i))
  }))

/**
 * What pieces come to, one after the other. One that brings nothing but rows of scans, each as an earlier scan of the
 * same table read it, is not worth a write, and leaves the earlier version; folding it would take the later one.
 */
const folded = (pieces: ReadonlyArray<Patch.Patch>): Patch.Changes =>
  pieces.reduce<Patch.Changes>((known, piece) => {
    const both = Patch.combine(known, piece)
    const isNews = !isDeepStrictEqual(both.marks, known.marks) || !isReadAgain(known.registers, piece.registers)
    return isNews ? both : known
  }, Patch.empty)

const isReadAgain = (known: Patch.Registers, registers: Patch.Registers): boolean =>
  [...registers].every(([rowKey, change]) => {
    const row = known.get(rowKey)
    if (row === undefined || change.version.kind !== 0 || change.version.reading !== 0) return false
    if (Register.compare(change, row) <= 0) return true
    const { epoch, kind } = row.version
    return row.json === change.json && kind === 0 && epoch !== 0 && epoch === change.version.epoch
  })

/** A document's text; when its tombstones and marks were written is each sink's own. */
const textOf = (document: Document | undefined): string | undefined =>
  document === undefined || document.rows.length + document.refused.length === 0
    ? undefined
    : source.render({
        ...document,
        rows: document.rows.map((row) => ({ ...row, removedAt: row.json === undefined ? 1 : undefined })),
        refused: document.refused.map((mark) => ({ ...mark, refusedAt: 1 }))
      }).text

let documents = 0

describeReal("OpenSearch and memory", ({ openSearchNode }) => {
  const run = `differential${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, run))

  const sink = OpenSearchSink.layer({ nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix: run })
  const real = Layer.mergeAll(sink, Logger.layer([]))
  layer(real, { excludeTestServices: true })((it) => {
    it.effect.prop(
      "hold the same documents",
      [sequences],
      ([{ aggregate, pieces, whole }]) =>
        Effect.gen(function* () {
          const id = `${run}${documents++}`
          const sinks = [yield* Sink.Sink, yield* memory, yield* memory] as const
          const write = (sink: (typeof sinks)[number], patch: Patch.Patch) => outcomesIn(sink, [{ ...patch, id }])
          for (const piece of pieces) {
            assert.deepStrictEqual(yield* write(sinks[0], piece), yield* write(sinks[1], piece))
          }
          yield* write(sinks[2], whole)
          const [found, kept, once] = yield* Effect.forEach(sinks, (sink) => sink.read(Shape.of(aggregate), [id]))
          assert.strictEqual(textOf(found![0]), textOf(kept![0]))
          assert.strictEqual(textOf(found![0]), textOf(once![0]))
        }),
      { arbitrary: { runs: 30, maxShrinks: 100 } }
    )
  })
})

const memory = Effect.map(Effect.scoped(Layer.build(Sink.layerMemory)), (context) => Context.get(context, Sink.Sink))
