/** An export in a folder, as DynamoDB writes it: read whole, or refused with the file named. */
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, References } from "effect"
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import type { Change } from "../../src/source/Change.ts"
import { ScanApi, type TableDescription } from "../../src/source/ScanApi.ts"
import { layerMemory } from "../../src/source/ScanProgress.ts"
import * as TableExport from "../../src/source/TableExport.ts"
import * as TableScan from "../../src/source/TableScan.ts"

const takenAt = Date.parse("2026-08-01T12:00:00.000Z")
const table: TableDescription = {
  tableArn: "arn:aws:dynamodb:eu-west-1:1:table/shop",
  partitionKey: { name: "PK", type: "S" },
  sortKey: { name: "SK", type: "N" },
  epoch: takenAt - 1000,
  bytes: 0,
  rows: 0
}

const line = (n: number) =>
  JSON.stringify({ Item: { PK: { S: `P${n >> 2}` }, SK: { N: `${n}E+2` }, b: { B: "AAE=" } } })

interface Fault {
  readonly summary?: object
  readonly file?: object
  readonly isCut?: boolean
}

/** Writes an export of two files, of 2,500 rows and of 4. */
const written = Effect.fnUntraced(function* (fault: Fault = {}) {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped({ prefix: "export-" })
  const root = `${folder}/AWSDynamoDB/01700000000000-abcdef`
  yield* files.makeDirectory(`${root}/data`, { recursive: true })
  const manifest: Array<string> = []
  for (const [name, from, count] of [
    ["one", 0, 2500],
    ["two", 2500, 4]
  ] as const) {
    const lines = Array.from({ length: count }, (_, i) => line(from + i))
    const bytes = gzipSync(`${(fault.isCut && name === "one" ? lines.slice(0, 100) : lines).join("\n")}\n`)
    yield* files.writeFile(`${root}/data/${name}.json.gz`, bytes)
    const md5Checksum = createHash("md5").update(bytes).digest("base64")
    const dataFileS3Key = `exports/AWSDynamoDB/01700000000000-abcdef/data/${name}.json.gz`
    manifest.push(
      JSON.stringify({ itemCount: count, md5Checksum, etag: "x", dataFileS3Key, ...(name === "two" ? fault.file : {}) })
    )
  }
  yield* files.writeFileString(`${root}/manifest-files.json`, `${manifest.join("\n")}\n`)
  const summary = {
    version: "2020-06-30",
    exportArn: `${table.tableArn}/export/01700000000000-abcdef`,
    tableArn: table.tableArn,
    exportTime: "2026-08-01T12:00:00Z",
    itemCount: 2504,
    outputFormat: "DYNAMODB_JSON",
    ...fault.summary
  }
  yield* files.writeFileString(`${root}/manifest-summary.json`, JSON.stringify(summary))
  return folder
})

const inFiles = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem | import("effect").Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const scanned = Effect.fnUntraced(function* (folder: string, described: TableDescription, stopAfter = Infinity) {
  const taken = yield* TableExport.open(folder)
  const changes: Array<Change> = []
  let left = stopAfter
  const run = TableScan.scan<string, never>(
    { tableName: "shop", target: "t", segments: taken.files.length, segmentsAtOnce: 1 },
    () => Effect.void,
    (batch) => (left-- > 0 ? Effect.sync(() => void changes.push(...batch.changes)) : Effect.fail("stopped"))
  )
  // A process begun anew has read nothing yet.
  const once = Effect.suspend(() => Effect.provide(run, Layer.succeed(ScanApi, TableExport.scanApi(taken, described))))
  const again = Effect.suspend(() => ((left = Infinity), once))
  yield* Effect.provide(
    Effect.catch(once, () => again),
    layerMemory
  ).pipe(Effect.provideService(References.MinimumLogLevel, "Error"))
  return changes
})

describe("an export", () => {
  it.effect("is scanned file by file, goes on after a stop, and stands under the time of the export", () =>
    inFiles(
      Effect.gen(function* () {
        const folder = yield* written()
        for (const stopAfter of [Infinity, 1, 2]) {
          const changes = yield* scanned(folder, table, stopAfter)
          assert.strictEqual(changes.length, 2504)
          assert.strictEqual(new Set(changes.map(({ keys }) => JSON.stringify(keys))).size, 2504)
          for (const { origin } of changes) {
            assert.deepInclude(origin, { _tag: "Scan", epoch: table.epoch, requestedAt: takenAt })
          }
        }
      })
    )
  )

  it.effect("from before the stream stands below all that the stream says", () =>
    inFiles(
      Effect.gen(function* () {
        const [first] = yield* scanned(yield* written(), { ...table, epoch: takenAt + 1 })
        assert.deepInclude(first!.origin, { epoch: 0, requestedAt: takenAt })
      })
    )
  )

  const faults: { readonly [name: string]: readonly [Fault, RegExp] } = {
    "of another form": [{ summary: { outputFormat: "ION" } }, /is in ION, must be DYNAMODB_JSON/],
    "of changes alone": [{ summary: { exportType: "INCREMENTAL_EXPORT" } }, /make a full export/],
    "whose counts differ": [{ summary: { itemCount: 2505 } }, /the manifest has 2505 rows, its files together 2504/],
    "with a changed file": [{ file: { md5Checksum: "AAAA" } }, /two\.json\.gz is not as it was exported/],
    "with a file that is not there": [{ file: { dataFileS3Key: "x/three.json.gz" } }, /three\.json\.gz can't be read/],
    "with a file too short": [{ isCut: true }, /one\.json\.gz has 100 rows, the manifest says 2500/]
  }
  it.effect.each(Object.keys(faults))("%s is refused", (name) =>
    inFiles(
      Effect.gen(function* () {
        const [fault, message] = faults[name]!
        const error = yield* Effect.flip(scanned(yield* written(fault), table))
        assert.match((error as Error).message, message)
      })
    )
  )
})
