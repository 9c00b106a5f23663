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

export interface TableExport {
  /** The export itself, as its user would name it. */
  readonly place: string
  readonly exportArn: string
  readonly tableArn: string
  /** Epoch milliseconds. */
  readonly exportedAt: number
  readonly rows: number
  readonly bytes: number
  readonly files: ReadonlyArray<DataFile>
}

export interface DataFile {
  /** In {@link ExportFiles}. */
  readonly name: string
  readonly rows: number
}

const Summary = Schema.fromJsonString(
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

const File = Schema.fromJsonString(
  Schema.Struct({
    itemCount: Schema.Finite,
    md5Checksum: Schema.String,
    etag: Schema.optionalKey(Schema.String),
    dataFileS3Key: Schema.String
  })
)

/** Finds the export in the place (itself, or the only one below its `AWSDynamoDB`) and compares all it should have. */
export const open: Effect.Effect<TableExport, ExportError, ExportFiles> = Effect.gen(function* () {
  const { place } = yield* ExportFiles
  const root = yield* find
  const where = `${place}/${root}`.replace(/\/$/, "")
  const summary = yield* parse(Summary, `${where}/manifest-summary.json`, yield* text(`${root}manifest-summary.json`))
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
  const manifest = yield* text(`${root}manifest-files.json`)
  const lines = manifest.split("\n").filter((line) => line.trim() !== "")
  const files = yield* Effect.forEach(lines, (line, i) => parse(File, `${where}/manifest-files.json:${i + 1}`, line))
  const counted = files.reduce((sum, { itemCount }) => sum + itemCount, 0)
  if (counted !== summary.itemCount) {
    return yield* incompatible(`${where}: the manifest has ${summary.itemCount} rows, its files together ${counted}`)
  }
  return {
    place: where,
    exportArn: summary.exportArn,
    tableArn: summary.tableArn,
    exportedAt,
    rows: summary.itemCount,
    bytes: summary.billedSizeBytes ?? 0,
    files: yield* compare(root, files)
  }
})

/** The folder of the export: "", or a name that ends with a slash. */
const find = Effect.gen(function* () {
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

/**
 * Sees that each file of the manifest is there as it was exported. What S3 has kept under the very etag need not be
 * read for that; a copy in a folder, or in another bucket by other means, is, and has to have the MD5.
 */
const compare = Effect.fnUntraced(function* (root: string, files: ReadonlyArray<typeof File.Type>) {
  const { place } = yield* ExportFiles
  const there = new Map((yield* list(`${root}data/`)).map(({ etag, name }) => [name, etag]))
  return yield* Effect.forEach(
    files,
    Effect.fnUntraced(function* ({ dataFileS3Key, etag, itemCount, md5Checksum }) {
      const name = `${root}data/${dataFileS3Key.slice(dataFileS3Key.lastIndexOf("/") + 1)}`
      const path = `${place}/${name}`
      if (!there.has(name)) return yield* incompatible(`${path} is not there; the export is not whole, copy it again`)
      const known = there.get(name)
      if (known === undefined || (known !== etag && known !== hexOf(md5Checksum))) {
        const md5 = yield* md5Of(name)
        if (md5 !== md5Checksum) {
          return yield* incompatible(
            `${path} is not as it was exported: its MD5 is ${md5}, the manifest says ${md5Checksum}; copy it again`
          )
        }
      }
      return { name, rows: itemCount }
    }),
    { concurrency: 4 }
  )
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
