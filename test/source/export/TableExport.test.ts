/** An export as DynamoDB writes it, in a folder and in S3: read whole, or refused with the file named. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, References, Stream } from "effect"
import { gzipSync } from "node:zlib"
import { afterAll } from "vitest"
import type { Attributes, Change } from "../../../src/source/Change.ts"
import { ExportError, ExportFiles } from "../../../src/source/export/ExportFiles.ts"
import { exportPages } from "../../../src/source/export/exportPages.ts"
import type { TableDescription } from "../../../src/source/scan/ScanApi.ts"
import { layerMemory } from "../../../src/source/scan/ScanProgress.ts"
import * as TableExport from "../../../src/source/export/TableExport.ts"
import * as Scan from "../../../src/source/scan/Scan.ts"
import { startS3Mock } from "../../servers/S3Mock.ts"
import { buckets, folders, type Places } from "./exportPlaces.ts"
import { type Content, exported, exportId, type Fault, md5 } from "./exports.ts"

const s3 = await startS3Mock()
afterAll(() => s3?.stop())

const takenAt = Date.parse("2026-08-01T12:00:00.000Z")
const table: TableDescription = {
  tableArn: "arn:aws:dynamodb:eu-west-1:1:table/shop",
  partitionKey: { name: "PK", type: "S" },
  sortKey: { name: "SK", type: "N" },
  epoch: takenAt - 1000,
  bytes: 0,
  rows: 0
}

// Any of these ends a line for somebody, but not for DynamoDB.
const row = (n: number) => ({
  PK: { S: `P${n >> 2}\u2028` },
  SK: { N: `${n}E+2` },
  b: { B: "AAE=" },
  s: { S: "ä\u2029\u0085" }
})
const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => row(from + i))

/** Files of 2,500 rows, of none and of 4: pages, an empty partition, and less than a page. */
const content: Content = {
  tableArn: table.tableArn,
  exportTime: new Date(takenAt).toISOString(),
  files: [rows(0, 2500), [], rows(2500, 4)]
}

/** All rows of the export; stopped after so many batches, it goes on in a process that has read nothing yet. */
const scanned = Effect.fnUntraced(
  function* (described: TableDescription, stopAfter = Infinity) {
    const taken = yield* TableExport.open
    const changes: Array<Change> = []
    let left = stopAfter
    const deliver = (batch: Scan.Batch) =>
      left-- > 0
        ? Effect.sync(() => (changes.push(...batch.changes.map(({ success }) => success)), [batch.position]))
        : Effect.fail("stopped" as const)
    const run = Effect.gen(function* () {
      const pages = yield* exportPages(taken, described)
      const scan = yield* Scan.begin(pages, { target: "t", segmentsAtOnce: 1 })
      yield* Scan.run(scan, Stream.mapEffect(deliver))
    }).pipe(Effect.scoped)
    const again = Effect.suspend(() => ((left = Infinity), run))
    yield* Effect.catch(run, (error) => (error === "stopped" ? again : Effect.fail(error)))
    return changes
  },
  Effect.provide(layerMemory),
  Effect.provideService(References.MinimumLogLevel, "Error")
)

const noGzip = Buffer.from("no gzip")

const noSortKey = gzipSync(
  [0, 1, 2]
    .map((n) => row(n))
    .concat({ PK: { S: "P9" } } as never)
    .map((Item) => `${JSON.stringify({ Item })}\n`)
    .join("")
)

const faults: { readonly [name: string]: readonly [Fault, RegExp] } = {
  "of another form": [{ summary: { outputFormat: "ION" } }, /abcdef12 is in ION, must be in DYNAMODB_JSON/],
  "of changes alone": [
    { summary: { exportType: "INCREMENTAL_EXPORT", exportTime: undefined, exportFromTime: "2026-08-01T12:00:00Z" } },
    /is of type INCREMENTAL_EXPORT; .* make a full export/
  ],
  "that is not finished": [{ without: /manifest/ }, /abcdef12\/ has no manifest-summary.json: wait until/],
  "whose list of files is missing": [
    { without: /manifest-files/ },
    /manifest-files\.json (can't be read|is not there)/
  ],
  "whose counts differ": [{ summary: { itemCount: 2505 } }, /the manifest has 2505 rows, its files together 2504/],
  "with a changed file": [
    { instead: gzipSync(`${JSON.stringify({ Item: row(7) })}\n`.repeat(4)) },
    /data\/c3x\.json\.gz is not as it was exported/
  ],
  "with a file that is not there": [{ without: /b3x/ }, /data\/b3x\.json\.gz is not there/],
  "with a file too short": [{ isCut: true }, /a3x\.json\.gz has 100 rows, the manifest says 2500/],
  "with a file that is no gzip": [{ instead: noGzip, file: { md5Checksum: md5(noGzip, "base64") } }, /is damaged/],
  "with a row that has no sort key": [
    { instead: noSortKey, file: { md5Checksum: md5(noSortKey, "base64"), etag: `${md5(noSortKey, "hex")}-1` } },
    /data\/c3x\.json\.gz: line 4 has no key attribute SK; make a new export/
  ]
}

const suite = (places: Places) => {
  afterAll(places.clear)
  const scan = (address: string, described = table, stopAfter?: number) =>
    Effect.provide(scanned(described, stopAfter), places.layer(address))

  it.effect("is scanned file by file, goes on after a stop, and stands under the time of the export", () =>
    Effect.gen(function* () {
      const address = yield* Effect.promise(() => places.put(exported(content)))
      for (const stopAfter of [Infinity, 1, 2]) {
        const changes = yield* scan(address, table, stopAfter)
        assert.deepStrictEqual(
          changes.map(({ image }) => image),
          content.files.flat()
        )
        for (const { origin } of changes) {
          assert.deepInclude(origin, { _tag: "Scan", epoch: table.epoch, requestedAt: takenAt })
        }
      }
    })
  )

  it.effect("of large rows is read in pages of about a megabyte", () =>
    Effect.gen(function* () {
      const large = Array.from({ length: 30 }, (_, n) => ({ ...row(n), text: { S: "x".repeat(300_000) } }))
      const address = yield* Effect.promise(() => places.put(exported({ ...content, files: [large] })))
      const read = Effect.gen(function* () {
        const taken = yield* TableExport.open
        const { read } = yield* exportPages(taken, table)
        const pages: Array<number> = []
        for (let after: Attributes | undefined; ;) {
          const { items, last } = yield* read({ segment: 0, segments: 1, after })
          if (last === undefined) return pages
          pages.push(items.length)
          after = last
        }
      }).pipe(Effect.scoped)
      const pages = yield* Effect.provide(read, places.layer(address))
      assert.deepStrictEqual(
        pages,
        Array.from({ length: 10 }, () => 3)
      )
    })
  )

  it.live("whose reading fails in passing is read on, and no row comes twice", () =>
    Effect.gen(function* () {
      const address = yield* Effect.promise(() => places.put(exported(content)))
      const whole = content.files.flat().length
      let failures = 0
      const flaky = Layer.effect(
        ExportFiles,
        Effect.map(ExportFiles, (files) =>
          ExportFiles.of({
            ...files,
            read: (name) =>
              Stream.suspend(() => {
                const broken = new ExportError({ message: "the connection is gone", isRetryable: true })
                const cut = Stream.concat(Stream.take(Stream.rechunk(files.read(name), 1), 1), Stream.fail(broken))
                return failures++ % 2 === 0 ? cut : files.read(name)
              })
          })
        )
      ).pipe(Layer.provide(places.layer(address)))
      const changes = yield* Effect.provide(scanned(table), flaky)
      assert.deepStrictEqual(
        [changes.length, new Set(changes.map(({ keys }) => JSON.stringify(keys))).size],
        [whole, whole]
      )
      assert.isAbove(failures, 4)
    })
  )

  it.effect("from before the stream stands below all that the stream says", () =>
    Effect.gen(function* () {
      const address = yield* Effect.promise(() => places.put(exported(content)))
      const [first] = yield* scan(address, { ...table, epoch: takenAt + 1 })
      assert.deepInclude(first!.origin, { epoch: 0, requestedAt: takenAt })
    })
  )

  it.effect("is found by its own name, by the folder above or the prefix, and not guessed among several", () =>
    Effect.gen(function* () {
      const [one, another] = [{ ...content, files: [rows(0, 1)] }, "01700000000001-abcdef12"]
      // What the console makes for a folder, and what exports of changes leave beside theirs.
      const beside = new Map(["AWSDynamoDB/", "AWSDynamoDB/data/x.json.gz"].map((name) => [name, Buffer.alloc(0)]))
      const alone = yield* Effect.promise(() => places.put(beside, exported(one)))
      const several = yield* Effect.promise(() => places.put(exported(one), exported(content, {}, another)))
      const own = `AWSDynamoDB/${exportId}`
      for (const address of [alone, `${alone}/`, `${alone}/AWSDynamoDB/`, `${alone}/${own}`, `${several}/${own}/`]) {
        assert.strictEqual((yield* scan(address)).length, 1, address)
      }
      for (const above of ["", "/AWSDynamoDB"]) {
        const { message } = (yield* Effect.flip(scan(`${several}${above}`))) as Error
        const names = [exportId, another].map((id) => `${several}/AWSDynamoDB/${id}`)
        assert.strictEqual(message, `${several}${above} holds 2 exports, name one of them: ${names.join(", ")}`)
      }
      for (const address of [`${alone}/AWSDynamoDB/data`, `${alone}/nowhere`]) {
        assert.match(((yield* Effect.flip(scan(address))) as Error).message, / holds no export: /)
      }
    })
  )

  it.effect.each(Object.keys(faults))("%s is refused", (name) =>
    Effect.gen(function* () {
      const [fault, message] = faults[name]!
      const address = yield* Effect.promise(() => places.put(exported(content, fault)))
      const error = (yield* Effect.flip(scan(address))) as Error
      assert.match(error.message, message)
      assert.include(error.message, address)
    })
  )
}

describe("an export in a folder", () => suite(folders()))

describe.skipIf(s3 === undefined)("an export in S3", () => {
  if (s3 === undefined) return
  suite(buckets(s3.endpoint, "exports"))
})
