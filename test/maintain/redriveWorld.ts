/**
 * A table in memory with its stream, a sink that refuses poison while it is strict, and a box of dead letters:
 * everything that may happen to dead letters, one function for each.
 */
import { Effect, Layer, Logger, Option, Result, Stream } from "effect"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import { redrive } from "../../src/maintain/redrive.ts"
import type { Received } from "../../src/pipeline/settlement.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import type { Content } from "../../src/sink/deadletter/DeadLetterQueue.ts"
import * as Documents from "../../src/sink/Documents.ts"
import * as Sink from "../../src/sink/Sink.ts"
import type { Attributes } from "../../src/source/Change.ts"
import { readStreamRecord } from "../../src/source/record/streamRecord.ts"
import * as MemoryTable from "../../src/testing/MemoryTable.ts"
import { layerTableReader } from "../../src/testing/tableReader.ts"
import { Order, table } from "../definitions.ts"

export const keys = (sort: string): Attributes => ({ PK: { S: "ORDER#1" }, SK: { S: sort } })

export type Kind = "good" | "bad" | "poison"

/** A row of the order; a bad one does not fit the definition, poison does not fit the sink. */
export const row = (sort: string, n: number, kind: Kind): Attributes => {
  const text = kind === "poison" ? "poison" : `text ${n}`
  const number = kind === "bad" ? { S: "soon" } : { N: String(n) }
  if (sort !== "DETAILS") return { ...keys(sort), sku: { S: text }, quantity: number, price: { N: "1" } }
  const id = kind === "bad" ? { L: [{ S: "soon" }] } : { S: "1" }
  return { ...keys(sort), orderId: id, customerName: { S: text }, note: { S: String(n) } }
}

/** Refuses rows with poison in them while `isStrict` says so; all others of their patch are written. */
const layerStrict = (isStrict: () => boolean) =>
  Layer.effect(
    Sink.Sink,
    Effect.map(Sink.Sink, (inner) =>
      Sink.Sink.of({
        ...inner,
        write: (patches, origins) => {
          const isBad = (json: string | undefined) => isStrict() && json !== undefined && json.includes("poison")
          const good = Stream.map(patches, (whole) => {
            const registers = new Map([...whole.registers].filter(([, { json }]) => !isBad(json)))
            return { ...whole, registers, whole }
          })
          return Stream.map(inner.write(good, origins), ({ patch: { whole }, ...settled }) => {
            const refusals = [...whole.registers].flatMap(([rowKey, { json }]) =>
              isBad(json) ? [{ rowKey, reason: "poison" }] : []
            )
            const outcome: Sink.Outcome = refusals.length === 0 ? settled.outcome : { _tag: "Refused", refusals }
            return { ...settled, patch: whole, outcome }
          })
        }
      })
    )
  ).pipe(Layer.provide(Sink.layerMemory))

export const make = Effect.fnUntraced(function* () {
  const memory = yield* MemoryTable.make()
  const deadLetters = new Map<string, DeadLetters.DeadLetter>()
  let isStrict = true
  const context = yield* Layer.build(
    Layer.mergeAll(
      layerStrict(() => isStrict),
      DeadLetters.layerMemory(deadLetters),
      layerTableReader(memory),
      MemoryTable.layerStreamApi(memory),
      Logger.layer([])
    )
  )
  const provide = Effect.provideContext(context)

  /** All records so far, of all streams. */
  const told: Array<Received> = []
  const known = new Set<string>()
  const listen = Effect.gen(function* () {
    const { latest } = yield* memory.streamApi.findStream(memory.tableName)
    const { shards } = yield* memory.streamApi.describeStream(latest!.streamArn)
    for (const { shardId } of shards) {
      const start = yield* memory.streamApi.shardIterator(latest!.streamArn, shardId, { _tag: "TrimHorizon" })
      const { records } = yield* memory.streamApi.records(start)
      for (const record of records) {
        const read = readStreamRecord(record, told.length, latest!.streamArn)
        const { origin } = Result.getOrThrow(read)
        const place = `${latest!.streamArn} ${origin._tag === "Stream" ? origin.sequenceNumber : ""}`
        if (!known.has(place)) told.push(read)
        known.add(place)
      }
    }
  })
  const after = <A, E>(change: Effect.Effect<A, E>) => Effect.tap(change, () => listen)

  const send = (contents: ReadonlyArray<Content>, isDryRun = false, of = table) =>
    Effect.tap(redrive(of, contents, isDryRun), (answers) =>
      Effect.sync(() => {
        for (const [i, content] of contents.entries()) {
          if (answers[i]!.isSettled && content._tag === "DeadLetter" && !isDryRun)
            deadLetters.delete(content.deadLetter.id)
        }
      })
    ).pipe(provide)

  return {
    memory,
    deadLetters,
    told,
    put: (item: Attributes) => after(memory.put(item)),
    remove: (key: Attributes) => after(memory.remove(key)),
    replaceStream: memory.replaceStream(),
    relent: Effect.sync(() => void (isStrict = false)),
    deliver: (records: ReadonlyArray<Received>) => provide(Pipeline.deliver(table, records)),
    /** Redrives contents; dead letters that are settled go. */
    redrive: send,
    document: provide(Effect.map(Documents.json(Order, "1"), Option.getOrUndefined)),
    /** What the document is to be: the table's rows as a scan shows them, into an empty index. */
    expected: Effect.gen(function* () {
      const rows = yield* memory.scan
      const { tableArn } = memory
      yield* Pipeline.deliver(
        table,
        rows.map((image): Received =>
          Result.succeed({
            keys: { PK: image["PK"]!, SK: image["SK"]! },
            image,
            origin: { _tag: "Scan", tableArn, epoch: 0, requestedAt: 1 }
          })
        )
      )
      return Option.getOrUndefined(yield* Documents.json(Order, "1"))
    }).pipe(Effect.provide(Sink.layerMemory, { local: true }))
  }
})

export type World = Effect.Success<ReturnType<typeof make>>

export const deadLettersOf = ({ deadLetters }: World): ReadonlyArray<Content> =>
  [...deadLetters.values()].map((deadLetter) => ({ _tag: "DeadLetter", deadLetter }))
