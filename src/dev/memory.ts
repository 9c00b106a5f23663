/** A table and its documents in memory, where no server can run. */
import { Effect, Layer, Option, Result } from "effect"
import { watchedSink } from "../cli/watchedSink.ts"
import { ActionError } from "../console/Actions.ts"
import * as Definition from "../define/Definition.ts"
import type { Shape } from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { Document } from "../fold/Document.ts"
import { render } from "../fold/source.ts"
import { type Stored, StoredDocuments } from "../maintain/StoredDocuments.ts"
import { layerMemory, Sink } from "../sink/Sink.ts"
import * as MemoryTable from "../testing/MemoryTable.ts"
import { layerTableReader } from "../testing/tableReader.ts"
import type { Documents, Index, Rows } from "./Place.ts"

export const rows = Effect.fnUntraced(function* (tableName: string, { partitionKey, sortKey }: Table.Table) {
  const table = yield* MemoryTable.make({ tableName, partitionKey, sortKey })
  const names = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  const checked = (item: { readonly [name: string]: unknown }) =>
    names.every((name) => Object.hasOwn(item, name))
      ? Effect.void
      : Effect.fail(new ActionError({ message: `a row has the key attributes ${names.join(" and ")}` }))
  const before = (keys: Parameters<typeof table.get>[0]) => Effect.map(table.get(keys), Option.getOrUndefined)
  return {
    tableName,
    title: "memory",
    put: (item) => checked(item).pipe(Effect.andThen(before(item)), Effect.tap(table.put(item))),
    remove: (keys) => checked(keys).pipe(Effect.andThen(before(keys)), Effect.tap(table.remove(keys))),
    layer: Layer.mergeAll(MemoryTable.layerStreamApi(table), MemoryTable.layerScanApi(table), layerTableReader(table)),
    pollMillis: 20
  } satisfies Rows
})

export const index: Index = {
  title: "memory",
  aliasPrefix: "",
  clear: (before, next) =>
    Effect.sync(() =>
      next.aggregates.flatMap((aggregate) => {
        const known = before.aggregates.find(({ name }) => name === aggregate.name)
        if (known === undefined) return [`${aggregate.name}: new`]
        return Definition.of(known).hash === Definition.of(aggregate).hash ? [] : [`${aggregate.name}: changed`]
      })
    ),
  layer: () => layerDocuments,
  mark: () => Effect.void,
  transport: undefined,
  stop: undefined
}

const layerDocuments: Layer.Layer<Documents> = Layer.unwrap(
  Effect.gen(function* () {
    const ids = new Map<Shape, Set<string>>()
    const context = yield* Layer.build(layerMemory)
    const sink = watchedSink(Layer.succeedContext(context), ({ id, shape }) =>
      Effect.sync(() => void ids.set(shape, (ids.get(shape) ?? new Set()).add(id)))
    )
    return Layer.provideMerge(layerStored(ids), sink)
  })
)

const layerStored = (ids: ReadonlyMap<Shape, ReadonlySet<string>>) =>
  Layer.effect(
    StoredDocuments,
    Effect.map(Sink, (sink) => {
      const read = (shape: Shape, wanted: ReadonlyArray<string>) =>
        Effect.map(sink.read(shape, wanted), (documents) =>
          documents.flatMap((document, i) => (document === undefined ? [] : [storedOf(wanted[i]!, document)]))
        )
      const made = { name: "memory", writeAlias: "memory", filled: true, createdAt: 0, source: null, marks: 0 }
      return StoredDocuments.of({
        generation: () => Effect.succeed(made),
        markFilled: () => Effect.void,
        read: (shape, _, wanted) =>
          Effect.map(read(shape, wanted), (all) => ({
            count: wanted.length,
            found: new Map(all.map((stored) => [stored.id, stored]))
          })),
        each: (shape, _, onPage) => Effect.flatMap(read(shape, [...(ids.get(shape) ?? [])]), onPage)
      })
    })
  )

const storedOf = (id: string, document: Document): Stored => ({
  id,
  document: Result.succeed(document),
  source: JSON.parse(render(document).text) as Stored["source"],
  seqNo: 0,
  primaryTerm: 0
})
