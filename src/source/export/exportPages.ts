/**
 * The rows of an export, page by page: segment n is its n-th file, read piece by piece as its rows are asked for.
 * Counts are compared at each file's end.
 */
import { Effect, Exit, Pull, Scope, Stream } from "effect"
import { pipeline, Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import type { Attributes } from "../Change.ts"
import { ExportError, ExportFiles, incompatible } from "./ExportFiles.ts"
import type { PageRead, Pages, Segment } from "../scan/Scan.ts"
import { keyNamesOf, type TableDescription } from "../scan/ScanApi.ts"
import { type KeyNames, keysOf } from "../../KeyNames.ts"
import { retryForever } from "../retryForever.ts"
import { rowBytes } from "../rowBytes.ts"
import type { DataFile, TableExport } from "./TableExport.ts"

/**
 * Reads an export of a table. Where the table's stream is newer than the export, the rows stand below all that the
 * stream says, under the epoch of none. A file whose reading fails in passing is opened anew, and read again up to
 * where it was, without end.
 */
export const exportPages = Effect.fnUntraced(function* (
  taken: TableExport,
  table: TableDescription
): Effect.fn.Return<Pages<ExportError>, never, ExportFiles | Scope.Scope> {
  const { bytes, exportedAt, rows } = taken
  const described = { ...table, epoch: epochBefore(table.epoch, exportedAt), rows, bytes }
  const page = yield* pages(taken, described)
  const read = (segment: Segment) =>
    retryForever(taken.files[segment.segment]!.name, ({ isRetryable }: ExportError) => isRetryable)(page(segment))
  return { table: described, segments: taken.files.length, read }
})

/** The epoch that rows of an export stand under: that of the table's stream, unless that is the newer one. */
export const epochBefore = (epoch: number, exportedAt: number): number => (epoch <= exportedAt ? epoch : 0)

/** Rows of a page, and what they take in memory: about as much as those of DynamoDB's own pages. */
const pageRowsMax = 1000
const pageBytesMax = 2 ** 20

/** A file that is being read, open between one page and the next. */
interface Reader {
  readonly next: Pull.Pull<ReadonlyArray<Attributes>, ExportError>
  readonly close: Effect.Effect<void>
  /** The key of the last row it gave. */
  last: string | undefined
}

const pages = Effect.fnUntraced(function* (taken: TableExport, table: TableDescription) {
  const files = yield* ExportFiles
  const scope = yield* Effect.scope
  const readers = new Map<number, Reader>()
  const names = keyNamesOf(table)

  const close = (segment: number) =>
    Effect.suspend(() => {
      const reader = readers.get(segment)
      readers.delete(segment)
      return reader?.close ?? Effect.void
    })

  const open = Effect.fnUntraced(function* (segment: number, after: Attributes | undefined) {
    yield* close(segment)
    const file = taken.files[segment]!
    const own = yield* Scope.fork(scope)
    const rows = rowsOf(files, file, names)
    const rest = after === undefined ? rows : restOf(`${files.place}/${file.name}`, rows, names, after)
    const pull = yield* Scope.provide(Stream.toPull(Stream.rechunk(inPages(rest), 1)), own)
    const next = Effect.map(pull, ([page]) => page)
    const reader: Reader = { next, close: Scope.close(own, Exit.void), last: after && JSON.stringify(after) }
    readers.set(segment, reader)
    return reader
  })

  return Effect.fnUntraced(
    function* ({ after, segment }: Segment): Effect.fn.Return<PageRead, ExportError> {
      const known = readers.get(segment)
      const goesOn = known !== undefined && known.last === (after && JSON.stringify(after))
      const reader = goesOn ? known : yield* open(segment, after)
      const items = yield* Pull.catchDone(reader.next, () => Effect.succeed([]))
      const last = items.length === 0 ? undefined : keysOf(names, items.at(-1)!)
      reader.last = last && JSON.stringify(last)
      if (last === undefined) yield* close(segment)
      return { items, last, units: 0, readAt: taken.exportedAt }
    },
    (page, { segment }) => Effect.onError(page, () => close(segment))
  )
})

/** Rows in pages below both limits; a row above the limit of bytes is a page of its own. */
const inPages = <E>(rows: Stream.Stream<Attributes, E>): Stream.Stream<ReadonlyArray<Attributes>, E> =>
  Stream.mapAccumArray(
    rows,
    (): Filling => ({ page: [], bytes: 0 }),
    (filling, some) => {
      const pages: Array<ReadonlyArray<Attributes>> = []
      for (const row of some) {
        const bytes = rowBytes(row)
        const { length } = filling.page
        if (length > 0 && (length === pageRowsMax || filling.bytes + bytes > pageBytesMax)) {
          pages.push(filling.page)
          filling = { page: [], bytes: 0 }
        }
        filling.page.push(row)
        filling.bytes += bytes
      }
      return [filling, pages]
    },
    { onHalt: ({ page }) => (page.length === 0 ? [] : [page]) }
  )

interface Filling {
  readonly page: Array<Attributes>
  bytes: number
}

/** A file's rows, in its order. There is nothing to unpack in the file of an empty partition. */
const rowsOf = (
  files: ExportFiles["Service"],
  { name, rows }: DataFile,
  keys: KeyNames
): Stream.Stream<Attributes, ExportError> =>
  Stream.suspend(() => {
    const path = `${files.place}/${name}`
    let read = 0
    const counted = Stream.suspend(() =>
      read === rows ? Stream.empty : Stream.fail(incompatible(`${path} has ${read} rows, the manifest says ${rows}`))
    )
    if (rows === 0) return Stream.empty
    const damaged = () => incompatible(`${path} is damaged: it can't be unpacked after ${read} rows; copy it again`)
    return unpacked(files.read(name), damaged).pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.mapEffect((line) => itemOf(path, ++read, line, keys)),
      Stream.concat(counted)
    )
  })

/** Unpacks gzip. An error of the bytes ends it as it is. */
const unpacked = (
  bytes: Stream.Stream<Uint8Array, ExportError>,
  damaged: () => ExportError
): Stream.Stream<Uint8Array, ExportError> =>
  Stream.suspend(() => {
    const packed = Readable.from(Stream.toAsyncIterable(bytes), { objectMode: false })
    // Its errors come to whoever reads what is unpacked; here they would be told twice.
    const gunzip: AsyncIterable<Uint8Array> = pipeline(packed, createGunzip(), () => {})
    return Stream.fromAsyncIterable(gunzip, (error) => (error instanceof ExportError ? error : damaged()))
  })

/** The rows that come after the row of that key. */
const restOf = (
  path: string,
  rows: Stream.Stream<Attributes, ExportError>,
  names: KeyNames,
  after: Attributes
): Stream.Stream<Attributes, ExportError> =>
  Stream.suspend(() => {
    const wanted = JSON.stringify(after)
    let isFound = false
    const rest = Stream.dropUntil(rows, (row) => (isFound = JSON.stringify(keysOf(names, row)) === wanted))
    return Stream.concat(
      rest,
      Stream.suspend(() =>
        isFound ? Stream.empty : Stream.fail(incompatible(`the state does not fit ${path}; remove it to begin anew`))
      )
    )
  })

const itemOf = (path: string, line: number, text: string, keys: KeyNames): Effect.Effect<Attributes, ExportError> => {
  const item = parse(text)
  if (item === undefined) return Effect.fail(incompatible(`${path}: line ${line} is no exported item`))
  const missing = Object.values(keys).find((name) => name !== undefined && !Object.hasOwn(item, name))
  if (missing === undefined) return Effect.succeed(item)
  return Effect.fail(incompatible(`${path}: line ${line} has no key attribute ${missing}; make a new export`))
}

const parse = (text: string): Attributes | undefined => {
  try {
    const { Item } = JSON.parse(text) as { readonly Item?: Attributes }
    return typeof Item === "object" && Item !== null ? Item : undefined
  } catch {
    // The parser's own words would quote the row.
    return undefined
  }
}
