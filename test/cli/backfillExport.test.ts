/** `tablefold backfill --export` on real servers, from a folder and from S3: the table itself is not read. */
import { assert, it } from "@effect/vitest"
import { readFile, rename } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe } from "vitest"
import { startS3Mock } from "../servers/S3Mock.ts"
import { describeReal } from "../servers/servers.ts"
import { buckets, folders, type Places } from "../source/export/exportPlaces.ts"
import { type Content, exported, type Fault } from "../source/export/exports.ts"
import { ask, searchAll } from "../whole/opensearch.ts"
import * as OrdersTable from "./OrdersTable.ts"

const s3 = await startS3Mock()
afterAll(() => s3?.stop())

const orders = 1500
const itemsEach = 4

/** One number as DynamoDB spells it in an export, and elsewhere. */
const [inExport, inTable] = ["1.70206220242E+12", "1702062202420"]

const rowsOf = (first: number, count: number, quantity: string) =>
  Array.from({ length: count }, (_, n) => [
    OrdersTable.details(first + n),
    ...Array.from({ length: itemsEach }, (_, i) => OrdersTable.item(first + n, i + 1, { quantity: { N: quantity } }))
  ]).flat()

describeReal("tablefold backfill --export", (servers) => {
  const suite = (name: string, places: Places) => {
    let table: OrdersTable.OrdersTable
    let content: Content
    beforeAll(async () => {
      table = await OrdersTable.make(name, servers)
      // The first order is all that the table holds.
      await table.put(...rowsOf(0, 1, inTable))
      const files = [0, orders / 2].map((first) => rowsOf(first, orders / 2, inExport)) as unknown as Content["files"]
      content = { tableArn: table.arn, exportTime: new Date().toISOString(), files }
    })
    afterAll(async () => {
      await table.drop()
      await places.clear()
    })

    const run = (...[args, options = {}]: [ReadonlyArray<string>, { readonly until?: () => Promise<boolean> }?]) =>
      table.run("backfill", [table.name, ...args], {
        ...options,
        by: "SIGKILL",
        env: s3 === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3.endpoint }
      })

    it("refuses what is not as it was exported, before it writes anything", async () => {
      const old = new Date(Date.now() - 32 * 24 * 3600 * 1000).toISOString()
      const faults: ReadonlyArray<readonly [Content, Fault, RegExp]> = [
        [content, { instead: Buffer.from("tampered") }, /data\/b3x\.json\.gz is not as it was exported: its MD5 is/],
        [content, { without: /b3x/ }, /data\/b3x\.json\.gz is not there; the export is not whole/],
        [content, { summary: { itemCount: 1 } }, /the manifest has 1 rows, its files together 7500/],
        [{ ...content, tableArn: "arn:aws:other" }, {}, /is an export of arn:aws:other, not of arn:aws:dynamodb:/],
        [
          { ...content, exportTime: old },
          {},
          /was exported .* more than 31 days ago; rows removed since would come back/
        ]
      ]
      for (const [content, fault, message] of faults) {
        const { code, stderr } = await run(["--export", await places.put(exported(content, fault))])
        assert.match(stderr, message)
        assert.match(stderr, /^tablefold: /)
        assert.strictEqual(code, 1)
      }
      assert.strictEqual((await ask(servers.openSearchNode, "GET", `/${name}-orders`)).status, 404)
    })

    it("goes on from its state after kill -9, and makes the documents that the table's own rows make", async () => {
      const place = await places.put(exported(content))
      const kept = join(table.folder, `${name}.backfill.json`)
      const rowsIn = (file: string) => readFile(file, "utf8").then((text): number => JSON.parse(text).rows)
      const hasBegun = () =>
        rowsIn(kept).then(
          (rows) => rows > 0,
          () => false
        )
      const killed = await run(["--export", place], { until: hasBegun })
      assert.strictEqual(killed.code, null)
      const state = join(table.folder, "elsewhere.json")
      await rename(kept, state)
      const rows = await rowsIn(state)

      const { code, stderr, stdout } = await run(["--export", place, "--state", state, "--json"])
      // The export is older than the index, so a verification is due.
      assert.strictEqual(code, 2, stderr)
      const report = JSON.parse(stdout)
      assert.deepInclude(report, { rowsBefore: rows, rows: orders * (itemsEach + 1) - rows, refused: 0, units: 0 })
      assert.strictEqual((await searchAll(servers.openSearchNode, `${name}-orders`)).size, orders)

      const { documents, unchanged } = JSON.parse((await run(["--json"])).stdout)
      assert.deepStrictEqual({ documents, unchanged }, { documents: 1, unchanged: 1 })
    })
  }

  describe("from a folder", () => suite("export-folder-cli", folders()))

  describe.skipIf(s3 === undefined)("from S3", () => {
    if (s3 === undefined) return
    suite("export-s3-cli", buckets(s3.endpoint, "cli-exports"))

    it("says what is wrong with a place", async () => {
      const table = await OrdersTable.make("export-places-cli", servers)
      for (const [place, message, AWS_ENDPOINT_URL_S3 = s3.endpoint] of [
        ["s3://exports", 'AWS_ENDPOINT_URL_S3 is no address: "nowhere"', "nowhere"],
        ["s3:/exports", '"s3:/exports" is no place in S3; it must be like s3://bucket/prefix'],
        ["s3://not-there/x", 'there is no bucket "not-there"; check its name'],
        ["./not-there", "./not-there holds no export: there is no manifest-summary.json in it"]
      ] as ReadonlyArray<readonly [string, string, string?]>) {
        const { code, stderr } = await table.run("backfill", [table.name, "--export", place], {
          env: { AWS_ENDPOINT_URL_S3 }
        })
        assert.include(stderr, `tablefold: ${message}`)
        assert.strictEqual(code, 1)
      }
      await table.drop()
    })
  })
})
