/**
 * A full export of a table to S3, in its bucket or copied into a folder: found, and compared with its manifest, before
 * the first row is read. All rows are of the moment of the export.
 *
 * The form is that of DynamoDB's full exports in DYNAMODB_JSON (doc "DynamoDB table export output format"):
 * `manifest-summary.json`, `manifest-files.json` of one object a line, and `data/*.json.gz` of one item a line.
 */
import { Effect, Schema, Stream } from "effect"
import { createHash } from "node:crypto"
import * as IsoTime from "../../IsoTime.ts"
import { type ExportError, ExportFiles, incompatible } from "./ExportFiles.ts"
import { retryForever } from "../retryForever.ts"

/** An export by what it says of itself. */
export interface Summary {
  /** The export itself, as its user would name it. */
  readonly place: string
  /** Its folder in {@link ExportFiles}: "", or a name that ends with a slash. */
  readonly root: string
  readonly exportArn: string
  readonly tableArn: string
  /** Epoch milliseconds. */
  readonly exportedAt: number
  readonly rows: number
  readonly bytes: number
}

export interface TableExport extends Summary {
  readonly files: ReadonlyArray<DataFile>
}

export interface DataFile {
  /** In {@link ExportFiles}. */
  readonly name: string
  readonly rows: number
}

const SummaryFile = Schema.fromJsonString(
  Schema.Struct({
    exportArn: Schema.String,
    tableArn: Schema.String,
    /** ISO time; all rows are as they were then. An export of changes has two times, and not this one. */
    exportTime: Schema.optionalKey(Schema.String),
    itemCount: Schema.Finite,
    outputFormat: Schema.String,
    exportType: Schema.optionalKey(Schema.String),
    billedSizeBytes: Schema.optionalKey(Schema.Finite)
  })
)

/** A line of the manifest. */
export const ManifestFile = Schema.Struct({
  itemCount: Schema.Finite,
  md5Checksum: Schema.String,
  etag: Schema.optionalKey(Schema.String),
  dataFileS3Key: Schema.String
})
export type ManifestFile = typeof ManifestFile.Type

const ManifestLine = Schema.fromJsonString(ManifestFile)

/** Finds the export in the place: itself, or the only one below its `AWSDynamoDB`. */
export const find: Effect.Effect<Summary, ExportError, ExportFiles> = Effect.gen(function* () {
  const { place } = yield* ExportFiles
  const root = yield* findRoot
  const where = `${place}/${root}`.replace(/\/$/, "")
  const summary = yield* parse(
    SummaryFile,
    `${where}/manifest-summary.json`,
    yield* text(`${root}manifest-summary.json`)
  )
  if (summary.outputFormat !== "DYNAMODB_JSON") {
    return yield* incompatible(`${where} is in ${summary.outputFormat}, must be in DYNAMODB_JSON: make another export`)
  }
  if ((summary.exportType ?? "FULL_EXPORT") !== "FULL_EXPORT") {
    return yield* incompatible(
      `${where} is of type ${summary.exportType}; rows that did not change are not in it, make a full export`
    )
  }
  const exportedAt = IsoTime.parse(summary.exportTime ?? "")
  if (exportedAt === undefined) return yield* incompatible(`${where}/manifest-summary.json says no exportTime`)
  return {
    place: where,
    root,
    exportArn: summary.exportArn,
    tableArn: summary.tableArn,
    exportedAt,
    rows: summary.itemCount,
    bytes: summary.billedSizeBytes ?? 0
  }
})

/** Finds the export and compares all that it should have. */
export const open: Effect.Effect<TableExport, ExportError, ExportFiles> = Effect.gen(function* () {
  const found = yield* find
  const { place, root, rows } = found
  const manifest = yield* text(`${root}manifest-files.json`)
  const lines = manifest.split("\n").filter((line) => line.trim() !== "")
  const files = yield* Effect.forEach(lines, (line, i) =>
    parse(ManifestLine, `${place}/manifest-files.json:${i + 1}`, line)
  )
  const counted = files.reduce((sum, { itemCount }) => sum + itemCount, 0)
  if (counted !== rows) {
    return yield* incompatible(`${place}: the manifest has ${rows} rows, its files together ${counted}`)
  }
  return { ...found, files: yield* compareAll(root, files) }
})

/** Finds one file of an export that lies in the very place, and compares it. */
export const openFile = Effect.fnUntraced(function* (
  file: ManifestFile
): Effect.fn.Return<DataFile, ExportError, ExportFiles> {
  const files = yield* ExportFiles
  const name = nameOf("", file)
  return yield* compare(name, file, yield* files.etag(name).pipe(inSpiteOfAll(files.place)))
})

/** The folder of the export: "", or a name that ends with a slash. */
const findRoot = Effect.gen(function* () {
  const { place } = yield* ExportFiles
  const here = yield* list("")
  const isAbove = /(^|[/\\])AWSDynamoDB$/.test(place)
  const isHere = !isAbove && here.some(({ name }) => /^(manifest-summary\.json|_started|data\/)$/.test(name))
  const below = isHere ? [] : isAbove ? here : yield* list("AWSDynamoDB/")
  // Beside exports of changes lies the folder of their data.
  const folders = below.flatMap(({ name }) => (/(?<!(^|\/)data)\/$/.test(name) ? [name] : []))
  if (folders.length > 1) {
    const names = folders.map((name) => `${place}/${name.slice(0, -1)}`)
    return yield* incompatible(`${place} holds ${names.length} exports, name one of them: ${names.join(", ")}`)
  }
  const root = isHere ? "" : folders[0]
  if (root === undefined) {
    return yield* incompatible(
      `${place} holds no export: there is no manifest-summary.json in it, nor in a folder below its AWSDynamoDB`
    )
  }
  const inside = isHere ? here : yield* list(root)
  if (inside.some(({ name }) => name === `${root}manifest-summary.json`)) return root
  return yield* incompatible(
    `the export in ${place}/${root} has no manifest-summary.json: wait until DynamoDB has COMPLETED it ` +
      "(aws dynamodb describe-export), or make another where it FAILED"
  )
})

const compareAll = Effect.fnUntraced(function* (root: string, files: ReadonlyArray<ManifestFile>) {
  const { place } = yield* ExportFiles
  const there = new Map((yield* list(`${root}data/`)).map(({ etag, name }) => [name, etag]))
  return yield* Effect.forEach(
    files,
    (file) => {
      const name = nameOf(root, file)
      if (there.has(name)) return compare(name, file, there.get(name))
      return Effect.fail(incompatible(`${place}/${name} is not there; the export is not whole, copy it again`))
    },
    { concurrency: 4 }
  )
})

const nameOf = (root: string, { dataFileS3Key }: ManifestFile): string =>
  `${root}data/${dataFileS3Key.slice(dataFileS3Key.lastIndexOf("/") + 1)}`

/**
 * Sees that a file of the manifest is as it was exported. What S3 has kept under the very etag need not be read for
 * that; a copy in a folder, or in another bucket by other means, is, and has to have the MD5.
 */
const compare = Effect.fnUntraced(function* (name: string, file: ManifestFile, known: string | undefined) {
  const { etag, itemCount, md5Checksum } = file
  if (known === undefined || (known !== etag && known !== hexOf(md5Checksum))) {
    const md5 = yield* md5Of(name)
    if (md5 !== md5Checksum) {
      const { place } = yield* ExportFiles
      return yield* incompatible(
        `${place}/${name} is not as it was exported: its MD5 is ${md5}, the manifest says ${md5Checksum}; copy it again`
      )
    }
  }
  return { name, rows: itemCount }
})

/** An object that was put in one piece has its MD5 for an etag (doc "Object", S3 API; not under KMS). */
const hexOf = (base64: string): string => Buffer.from(base64, "base64").toString("hex")

const list = Effect.fnUntraced(function* (folder: string) {
  const files = yield* ExportFiles
  return yield* files.list(folder).pipe(inSpiteOfAll(files.place))
})

const text = Effect.fnUntraced(function* (name: string) {
  const files = yield* ExportFiles
  return yield* files.read(name).pipe(Stream.decodeText, Stream.mkString, inSpiteOfAll(files.place))
})

const md5Of = Effect.fnUntraced(function* (name: string) {
  const files = yield* ExportFiles
  const read = Effect.suspend(() => {
    const hash = createHash("md5")
    const update = (bytes: Uint8Array) => Effect.sync(() => void hash.update(bytes))
    return Effect.map(Stream.runForEach(files.read(name), update), () => hash.digest("base64"))
  })
  return yield* inSpiteOfAll(files.place)(read)
})

const inSpiteOfAll = (place: string) => retryForever(place, ({ isRetryable }: ExportError) => isRetryable)

const parse = <A>(schema: Schema.Codec<A, string>, where: string, text: string): Effect.Effect<A, ExportError> =>
  Effect.mapError(Schema.decodeUnknownEffect(schema)(text), () => incompatible(`${where} is not as DynamoDB writes it`))
