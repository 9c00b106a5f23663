/**
 * A full export of a table to S3, copied into a folder, as something that a scan can read: its files are the segments.
 * All rows are of the moment of the export. Checksums are compared before the first row is read, counts at each file's
 * end.
 *
 * The form is that of DynamoDB's full exports in DYNAMODB_JSON (doc "DynamoDB table export output format"):
 * `manifest-summary.json`, `manifest-files.json` of one object a line, and `data/*.json.gz` of one item a line.
 */
import { Data, Effect, Schema } from "effect"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { access, readdir, readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { createInterface } from "node:readline"
import { createGunzip } from "node:zlib"
import type { Attributes } from "./Change.ts"
import { type Page, ScanApi, type Segment, type TableDescription } from "./ScanApi.ts"
import { Refused, StreamApiError } from "./StreamApi.ts"

export class ExportError extends Data.TaggedError("ExportError")<{ readonly message: string }> {}

const Summary = Schema.fromJsonString(
  Schema.Struct({
    exportArn: Schema.String,
    tableArn: Schema.String,
    /** ISO time; all rows are as they were then. */
    exportTime: Schema.String,
    itemCount: Schema.Finite,
    outputFormat: Schema.String,
    exportType: Schema.optionalKey(Schema.String),
    billedSizeBytes: Schema.optionalKey(Schema.Finite)
  })
)

const File = Schema.fromJsonString(
  Schema.Struct({ itemCount: Schema.Finite, md5Checksum: Schema.String, dataFileS3Key: Schema.String })
)

export interface TableExport {
  readonly exportArn: string
  readonly tableArn: string
  /** Epoch milliseconds. */
  readonly exportedAt: number
  readonly rows: number
  readonly bytes: number
  readonly files: ReadonlyArray<{ readonly path: string; readonly rows: number }>
}

/** Finds the export in a folder (itself, or the only one below its `AWSDynamoDB`) and compares all checksums. */
export const open = Effect.fnUntraced(function* (folder: string): Effect.fn.Return<TableExport, ExportError> {
  const root = yield* find(folder)
  const summary = yield* parse(
    Summary,
    `${root}/manifest-summary.json`,
    yield* read(join(root, "manifest-summary.json"))
  )
  if (summary.outputFormat !== "DYNAMODB_JSON")
    return yield* wrong(`${root} is in ${summary.outputFormat}, must be DYNAMODB_JSON`)
  if ((summary.exportType ?? "FULL_EXPORT") !== "FULL_EXPORT") {
    return yield* wrong(
      `${root} is of type ${summary.exportType}; rows that did not change are not in it, make a full export`
    )
  }
  const manifest = yield* read(join(root, "manifest-files.json"))
  const lines = manifest.split("\n").filter((line) => line.trim() !== "")
  const files = yield* Effect.forEach(lines, (line, i) => parse(File, `${root}/manifest-files.json:${i + 1}`, line))
  const counted = files.reduce((sum, { itemCount }) => sum + itemCount, 0)
  if (counted !== summary.itemCount) {
    return yield* wrong(`${root}: the manifest has ${summary.itemCount} rows, its files together ${counted}`)
  }
  const found = yield* Effect.forEach(files, ({ dataFileS3Key, itemCount, md5Checksum }) => {
    const path = join(root, "data", basename(dataFileS3Key))
    return Effect.flatMap(md5Of(path), (md5) =>
      md5 === md5Checksum
        ? Effect.succeed({ path, rows: itemCount })
        : wrong(`${path} is not as it was exported: its MD5 is ${md5}, the manifest says ${md5Checksum}; copy it again`)
    )
  })
  return {
    exportArn: summary.exportArn,
    tableArn: summary.tableArn,
    exportedAt: Date.parse(summary.exportTime),
    rows: summary.itemCount,
    bytes: summary.billedSizeBytes ?? 0,
    files: found
  }
})

/**
 * The service of scans for an export: segment n is its n-th file. The table is asked for nothing but what it is. Where
 * its stream is newer than the export, the rows stand below all that the stream says, under the epoch of none.
 */
export const scanApi = (taken: TableExport, table: TableDescription): ScanApi["Service"] => {
  const readers = new Map<number, Reader>()
  const described = {
    ...table,
    epoch: table.epoch <= taken.exportedAt ? table.epoch : 0,
    rows: taken.rows,
    bytes: taken.bytes
  }
  return ScanApi.of({
    describe: () => Effect.succeed(described),
    query: () => Effect.fail(refused("an export can't be asked for single rows")),
    scan: (segment) =>
      Effect.tryPromise({
        try: () => pageOf(taken, described, readers, segment),
        catch: (error) => refused(error instanceof Error ? error.message : String(error))
      })
  })
}

interface Reader {
  readonly lines: AsyncIterator<string>
  read: number
  last: string
}

const pageRowsMax = 1000

const pageOf = async (
  taken: TableExport,
  table: TableDescription,
  readers: Map<number, Reader>,
  { after, segment }: Segment
): Promise<Page> => {
  const file = taken.files[segment]!
  const keysOf = (item: Attributes): Attributes => {
    const names = [table.partitionKey, ...(table.sortKey ? [table.sortKey] : [])].map(({ name }) => name)
    return Object.fromEntries(names.map((name) => [name, item[name]!]))
  }
  const known = readers.get(segment)
  const goesOn = known !== undefined && after !== undefined && known.last === JSON.stringify(after)
  const reader = goesOn ? known : { lines: linesOf(file.path), read: 0, last: "" }
  readers.set(segment, reader)
  const next = async (): Promise<Attributes | undefined> => {
    const { done, value } = await reader.lines.next()
    if (done === true) {
      if (reader.read === file.rows) return undefined
      throw new Error(`${file.path} has ${reader.read} rows, the manifest says ${file.rows}`)
    }
    reader.read++
    return itemOf(file.path, reader.read, value)
  }
  const begin = goesOn || after === undefined ? reader.last : JSON.stringify(after)
  while (reader.last !== begin) {
    const item = await next()
    if (item === undefined) throw new Error(`the state does not fit ${file.path}; remove it to begin anew`)
    reader.last = JSON.stringify(keysOf(item))
  }
  const items: Array<Attributes> = []
  let item: Attributes | undefined
  while (items.length < pageRowsMax && (item = await next()) !== undefined) items.push(item)
  const last = items.length < pageRowsMax ? undefined : keysOf(items.at(-1)!)
  reader.last = JSON.stringify(last)
  return { items, last, units: 0, readAt: taken.exportedAt }
}

const linesOf = (path: string): AsyncIterator<string> => {
  const file = createReadStream(path)
  const text = file.pipe(createGunzip())
  file.on("error", (error) => text.destroy(error))
  return createInterface({ input: text, crlfDelay: Infinity })[Symbol.asyncIterator]()
}

const itemOf = (path: string, line: number, text: string): Attributes => {
  try {
    const { Item } = JSON.parse(text) as { readonly Item?: Attributes }
    if (typeof Item === "object" && Item !== null) return Item
  } catch {
    // Said below: the parser's own words would quote the row.
  }
  throw new Error(`${path}: line ${line} is no exported item`)
}

const find = (folder: string): Effect.Effect<string, ExportError> =>
  Effect.tryPromise({
    try: async () => {
      const has = (path: string) =>
        access(join(path, "manifest-summary.json")).then(
          () => true,
          () => false
        )
      if (await has(folder)) return folder
      const below = basename(folder) === "AWSDynamoDB" ? folder : join(folder, "AWSDynamoDB")
      const names = await readdir(below).catch(() => [])
      const found: Array<string> = []
      for (const name of names) if (await has(join(below, name))) found.push(join(below, name))
      if (found.length === 1) return found[0]!
      throw new Error(
        found.length === 0
          ? `${folder} holds no export: there is no manifest-summary.json in it, nor below its AWSDynamoDB`
          : `${folder} holds several exports, name one of them: ${found.join(", ")}`
      )
    },
    catch: (error) => new ExportError({ message: (error as Error).message })
  })

const read = (path: string): Effect.Effect<string, ExportError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: () => new ExportError({ message: `${path} can't be read; the export is not whole` })
  })

const md5Of = (path: string): Effect.Effect<string, ExportError> =>
  Effect.tryPromise({
    try: async () => {
      const hash = createHash("md5")
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
      return hash.digest("base64")
    },
    catch: () => new ExportError({ message: `${path} can't be read; the export is not whole` })
  })

const parse = <A>(schema: Schema.Codec<A, string>, where: string, text: string): Effect.Effect<A, ExportError> =>
  Effect.mapError(
    Schema.decodeUnknownEffect(schema)(text),
    () => new ExportError({ message: `${where} is not as DynamoDB writes it` })
  )

const wrong = (message: string) => Effect.fail(new ExportError({ message }))

const refused = (message: string) => new StreamApiError({ operation: "Export", reason: new Refused(), message })
