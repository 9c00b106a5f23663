/** Exports of a table as DynamoDB writes them (doc "DynamoDB table export output format"), whole or with a fault. */
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import type { Attributes } from "../../../src/source/Change.ts"

export const exportId = "01700000000000-abcdef12"

export interface Fault {
  readonly summary?: object
  /** What the manifest says of the last file. */
  readonly file?: object
  /** Of the first file only the first hundred rows were written, and the manifest knows its sum. */
  readonly isCut?: boolean
  /** What the last file holds in its place. */
  readonly instead?: Uint8Array
  /** Files that are not there, by the ends of their names. */
  readonly without?: RegExp
}

export const md5 = (bytes: Uint8Array, encoding: "base64" | "hex"): string =>
  createHash("md5").update(bytes).digest(encoding)

export interface Content {
  readonly tableArn: string
  /** ISO time. */
  readonly exportTime: string
  /** Of each file, the rows as they are written. */
  readonly files: ReadonlyArray<ReadonlyArray<Attributes>>
}

/** The files of an export below its prefix, by name: `AWSDynamoDB/<id>/manifest-summary.json` and so on. */
export const exported = (
  { exportTime, files, tableArn }: Content,
  fault: Fault = {},
  id = exportId
): ReadonlyMap<string, Uint8Array> => {
  const root = `AWSDynamoDB/${id}`
  const written = new Map<string, Uint8Array>([[`${root}/_started`, Buffer.alloc(0)]])
  const manifest = files.map((rows, i) => {
    const lines = rows.map((Item) => `${JSON.stringify({ Item })}\n`)
    // The file of an empty partition is empty.
    const whole = gzipSync((fault.isCut && i === 0 ? lines.slice(0, 100) : lines).join(""))
    const bytes = rows.length === 0 ? Buffer.alloc(0) : whole
    const isLast = i === files.length - 1
    const name = `${root}/data/${String.fromCharCode(97 + i)}3x.json.gz`
    written.set(name, (isLast ? fault.instead : undefined) ?? bytes)
    const sums = { md5Checksum: md5(bytes, "base64"), etag: `${md5(bytes, "hex")}-1` }
    return { itemCount: rows.length, ...sums, dataFileS3Key: name, ...(isLast ? fault.file : {}) }
  })
  const summary = {
    version: "2020-06-30",
    exportArn: `${tableArn}/export/${id}`,
    startTime: exportTime,
    endTime: exportTime,
    tableArn,
    tableId: "12345a12-abcd-123a-ab12-1234abc12345",
    exportTime,
    s3Bucket: "exports",
    s3Prefix: null,
    s3SseAlgorithm: "AES256",
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${root}/manifest-files.json`,
    billedSizeBytes: 0,
    itemCount: files.flat().length,
    outputFormat: "DYNAMODB_JSON",
    exportType: "FULL_EXPORT",
    ...fault.summary
  }
  written.set(`${root}/manifest-files.json`, Buffer.from(manifest.map((file) => `${JSON.stringify(file)}\n`).join("")))
  written.set(`${root}/manifest-summary.json`, Buffer.from(JSON.stringify(summary)))
  return new Map([...written].filter(([name]) => fault.without?.test(name) !== true))
}
