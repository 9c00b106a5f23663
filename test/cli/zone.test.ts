/** The command gives the same documents on every machine: it runs in UTC, whatever the zone around it. */
import { assert, it } from "@effect/vitest"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll } from "vitest"
import { zones } from "../whole/zones.ts"
import { tablefold } from "./program.ts"

const library = pathToFileURL(resolve(import.meta.dirname, "../../src/index.ts"))

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tablefold-zone-"))
  await writeFile(
    join(folder, "table.ts"),
    `import { Aggregate, Table } from "${library}"
    import { Schema, SchemaGetter } from "${import.meta.resolve("effect")}"
    const transform = { decode: SchemaGetter.transform((text) => new Date(text)), encode: SchemaGetter.String() }
    const Own = Schema.String.pipe(Schema.decodeTo(Schema.Date, transform))
    const loadedIn = new Date("2020-06-21T19:10:00").toISOString()
    export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [
      Aggregate.make("notes", { key: "NOTE#{id}", root: Aggregate.root("NOTE", { at: Schema.Date, own: Own }) }).pipe(
        Aggregate.derive({ loadedIn: Schema.String }, () => ({ loadedIn }))
      )
    ] })`
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const text = { S: "2020-06-21T19:10:00" }
const record = {
  eventName: "INSERT",
  eventSourceARN: "arn:aws:dynamodb:eu-west-1:1:table/shop/stream/2026-01-01T00:00:00.000",
  eventSource: "aws:dynamodb",
  dynamodb: {
    Keys: { PK: { S: "NOTE#1" }, SK: { S: "NOTE" } },
    NewImage: { at: text, own: text },
    SequenceNumber: "1",
    StreamViewType: "NEW_IMAGE"
  }
}

it.each(zones)("in %s", async (TZ) => {
  const options = { cwd: folder, env: { TZ }, stdin: JSON.stringify(record) }
  const { stderr, stdout } = await tablefold(["replay", "-"], options)
  const utc = "2020-06-21T19:10:00.000Z"
  assert.deepStrictEqual(JSON.parse(stdout || stderr), { notes: { "1": { at: utc, own: utc, loadedIn: utc } } })
})
