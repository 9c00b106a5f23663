/**
 * What happens around a real OpenSearch while handlers come and go: fresh processes, indices that vanish or are not
 * what they should be, definitions that change, events that are not ours.
 */
import { assert } from "@effect/vitest"
import { Schema } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, it } from "vitest"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Mapping from "../../src/define/Mapping.ts"
import type { Fields } from "../../src/define/Row.ts"
import * as Table from "../../src/define/Table.ts"
import { describeReal } from "../servers/servers.ts"
import { type Container, container } from "./deliver.ts"
import type { Item, StreamRecord } from "./dynamodb.ts"
import { notState } from "../../src/sink/opensearch/stateDocument.ts"
import { ask, drop } from "./opensearch.ts"
import { n, s } from "./values.ts"

const root = { orderRef: Schema.BigInt, name: Schema.String }
const item = { price: Schema.Finite, note: Schema.optionalKey(Schema.String) }

const tableOf = (fields: Fields, itemFields: Fields = item) =>
  Table.make({
    partitionKey: "PK",
    sortKey: "SK",
    aggregates: [
      Aggregate.make("orders", {
        key: "ORDER#{orderId}",
        root: Aggregate.root("DETAILS", fields),
        parts: { orderItems: Aggregate.many("ITEM#{n}", itemFields) }
      })
    ]
  })

const table = tableOf(root)

const tableArn = "arn:aws:dynamodb:eu-central-1:000000000000:table/shop"

let sequence = 0

/** A record as Lambda hands it over, later than all before it. */
const change = (eventName: string, id: string, sort: string, image?: Item, arn = tableArn): StreamRecord => ({
  eventName,
  eventSourceARN: `${arn}/stream/2026-01-01T00:00:00.000`,
  dynamodb: {
    Keys: { PK: s(`ORDER#${id}`), SK: s(sort) },
    ...(image === undefined ? {} : { NewImage: { PK: s(`ORDER#${id}`), SK: s(sort), ...image } }),
    SequenceNumber: String(++sequence).padStart(21, "0")
  }
})

const long = "3804086584686624768"
const details = (id = "1", name = "Ada") => change("INSERT", id, "DETAILS", { orderRef: n(long), name: s(name) })
const itemOf = (sort: string, price: string, more: Item = {}, id = "1") =>
  change("MODIFY", id, `ITEM#${sort}`, { price: n(price), ...more })

const give = ({ handler }: Container, ...records: ReadonlyArray<StreamRecord>) => handler({ Records: records }, inTime)

const inTime = { getRemainingTimeInMillis: () => 20_000 }

const settled = { batchItemFailures: [] }

describeReal("around a real OpenSearch", ({ openSearchNode: node }) => {
  const run = `restart${randomInt(2 ** 31)}`
  let prefixes = 0
  const fresh = () => `${run}-${++prefixes}-`
  const start = (prefix: string, own: Table.Table = table) => container(own, node, prefix)
  afterAll(() => drop(node, run))

  /** The text of `_source` as it lies in the index. */
  const sourceOf = async (prefix: string, id = "1") =>
    (await ask(node, "GET", `/${prefix}orders-000001/_source/${id}`)).text
  const documentOf = async (prefix: string, id = "1") => {
    const { _sync, ...fields } = JSON.parse(await sourceOf(prefix, id))
    return fields
  }
  const mappingOf = async (index: string) =>
    JSON.parse((await ask(node, "GET", `/${index}/_mapping`)).text)[index].mappings
  const indicesOf = async (prefix: string) => Object.keys(JSON.parse((await ask(node, "GET", `/${prefix}*`)).text))
  const countOf = async (index: string) => {
    await ask(node, "POST", `/${index}/_refresh`)
    return JSON.parse((await ask(node, "POST", `/${index}/_count`, { query: notState })).text).count
  }

  /** Nothing is acknowledged, and a line of the log says why. */
  const refuses = async (own: Container, words: RegExp, timeLeft = 5000) => {
    const record = details()
    const left = { getRemainingTimeInMillis: () => timeLeft }
    assert.deepStrictEqual(await own.handler({ Records: [record] }, left), {
      batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }]
    })
    assert.match(own.log.join("\n"), words)
  }

  it("no digit of a row changes when a fresh process changes its sibling", async () => {
    const prefix = fresh()
    assert.deepStrictEqual(await give(start(prefix), details(), itemOf("1", "19.99")), settled)
    const before = await sourceOf(prefix)
    assert.include(before, `"orderRef":"${long}"`)
    assert.deepStrictEqual(await give(start(prefix), itemOf("2", "0.1")), settled)
    const after = await sourceOf(prefix)
    assert.include(after, `"orderRef":"${long}"`)
    assert.include(after, '"price":19.99')
    assert.deepStrictEqual((await documentOf(prefix)).orderItems, [{ price: 19.99 }, { price: 0.1 }])
    assert.isTrue(after.startsWith(before.slice(0, before.indexOf("]"))))
  })

  it("an index deleted under a handler comes back with the right mapping, or not at all (case 20)", async () => {
    const prefix = fresh()
    const handler = start(prefix)
    await give(handler, details(), itemOf("1", "1"))
    await ask(node, "DELETE", `/${prefix}orders-000001`)
    assert.deepStrictEqual(await give(handler, itemOf("1", "2")), settled)
    assert.deepStrictEqual(await indicesOf(prefix), [`${prefix}orders-000001`])
    const { dynamic, properties } = await mappingOf(`${prefix}orders-000001`)
    assert.strictEqual(dynamic, "false")
    assert.strictEqual(properties.orderItems.type, "nested")
    assert.include(handler.log.join("\n"), "a backfill is due")
    assert.deepStrictEqual(await give(handler, details()), settled)
    assert.deepStrictEqual((await documentOf(prefix)).orderItems, [{ price: 2 }])
  })

  it("what a handler knows of a deleted index never matches the one made anew", async () => {
    const prefix = fresh()
    const [first, second] = [start(prefix), start(prefix)]
    for (const id of ["1", "2"]) await give(first, details(id), itemOf("1", "1", {}, id))
    await ask(node, "DELETE", `/${prefix}orders-000001`)
    // The new index numbers its writes from zero again: both documents get the numbers that the first handler knows.
    for (const id of ["1", "2"])
      assert.deepStrictEqual(await give(second, details(id), itemOf("2", "2", {}, id)), settled)
    for (const id of ["1", "2"]) assert.deepStrictEqual(await give(first, itemOf("1", "3", {}, id)), settled)
    for (const id of ["1", "2"]) {
      assert.deepStrictEqual((await documentOf(prefix, id)).orderItems, [{ price: 3 }, { price: 2 }])
    }
  })

  it("handlers that race to make the first generation make one", async () => {
    const prefix = fresh()
    const handlers = Array.from({ length: 6 }, () => start(prefix))
    const answers = await Promise.all(handlers.map((handler, i) => give(handler, details(String(i)))))
    assert.deepStrictEqual(
      answers,
      handlers.map(() => settled)
    )
    assert.deepStrictEqual(await indicesOf(prefix), [`${prefix}orders-000001`])
    assert.strictEqual(await countOf(`${prefix}orders`), 6)
  })

  it("an index of the alias's name is left alone", async () => {
    const prefix = fresh()
    await ask(node, "PUT", `/${prefix}orders`)
    await refuses(start(prefix), /orders\\?" is an index, but must be an alias/)
    assert.deepStrictEqual(await indicesOf(prefix), [`${prefix}orders`])
    assert.strictEqual(await countOf(`${prefix}orders`), 0)
  })

  it("an index whose mapping does not fit is named with the field, and nothing is written", async () => {
    const [right, wrong] = [fresh(), fresh()]
    await give(start(right), details())
    const { _meta, dynamic, properties } = await mappingOf(`${right}orders-000001`)
    const { type: _, ...object } = properties.orderItems
    const { status, text } = await ask(node, "PUT", `/${wrong}orders-000001`, {
      mappings: { _meta, dynamic, properties: { ...properties, orderItems: object } },
      aliases: { [`${wrong}orders`]: { filter: { term: { "_sync.live": true } } }, [`${wrong}write`]: {} }
    })
    assert.strictEqual(status, 200, text)
    await refuses(start(wrong), /does not fit: field \\?"orderItems\\?" is object, the definition says nested/)
    assert.strictEqual(await countOf(`${wrong}orders-000001`), 0)
  })

  it("a changed definition has to be planned", async () => {
    const prefix = fresh()
    await give(start(prefix), details("2"))
    await refuses(
      start(prefix, tableOf({ ...root, name: Schema.String.annotate(Mapping.text) })),
      /field \\?"name\\?".*tablefold plan/
    )
    assert.strictEqual(await countOf(`${prefix}orders-000001`), 1)
  })

  it("an added field is added in place, and the older deployment steps back", async () => {
    const prefix = fresh()
    await give(start(prefix), details())
    const newer = start(prefix, tableOf({ ...root, city: Schema.optionalKey(Schema.String) }))
    const record = change("MODIFY", "1", "DETAILS", { orderRef: n("1"), name: s("Ada"), city: s("London") })
    assert.deepStrictEqual(await give(newer, record), settled)
    assert.strictEqual((await documentOf(prefix)).city, "London")
    assert.strictEqual((await mappingOf(`${prefix}orders-000001`)).properties.city.type, "keyword")
    await refuses(start(prefix), /a deployment with a newer definition/)
    assert.strictEqual((await documentOf(prefix)).city, "London")
  })

  it("records of another table are an error that names both", async () => {
    const prefix = fresh()
    await give(start(prefix), details())
    const other = tableArn.replace("shop", "other")
    const error = await give(start(prefix), change("REMOVE", "1", "DETAILS", undefined, other)).then(
      () => assert.fail("it was acknowledged"),
      String
    )
    assert.include(error, tableArn)
    assert.include(error, other)
    assert.strictEqual((await documentOf(prefix)).name, "Ada")
  })

  it("a stream without new images is an error that names the view type to give it", async () => {
    const { dynamodb, ...record } = change("INSERT", "1", "DETAILS")
    const keysOnly = { ...record, dynamodb: { ...dynamodb, StreamViewType: "KEYS_ONLY" } }
    const error = await give(start(fresh()), keysOnly).then(() => assert.fail("it was acknowledged"), String)
    assert.include(error, "NEW_AND_OLD_IMAGES")
  })

  it("an OpenSearch that is not there is named with its address, and all comes again", async () => {
    await refuses(container(table, "http://127.0.0.1:1", fresh()), /127\.0\.0\.1:1.*check OPENSEARCH_NODE/, 1300)
  })

  it("a string of 40,000 bytes in a keyword field is kept, and its neighbours are not touched", async () => {
    const prefix = fresh()
    const note = "\u00e4".repeat(20_000)
    const records = [details("1", note), itemOf("1", "2"), itemOf("2", "3", { note: s(note) })]
    assert.deepStrictEqual(await give(start(prefix), ...records), settled)
    const { name, orderItems } = await documentOf(prefix)
    assert.strictEqual(name, note)
    assert.deepStrictEqual(orderItems, [{ price: 2 }, { price: 3, note }])
  })

  it("whole numbers and fractions meet in one field, and undeclared attributes never touch the mapping", async () => {
    const prefix = fresh()
    const handler = start(prefix)
    assert.deepStrictEqual(await give(handler, details(), itemOf("1", "10", { extra: n("1") })), settled)
    const before = await mappingOf(`${prefix}orders-000001`)
    assert.deepStrictEqual(await give(handler, itemOf("2", "10.5", { extra: s("abc") })), settled)
    assert.deepStrictEqual((await documentOf(prefix)).orderItems, [{ price: 10 }, { price: 10.5 }])
    assert.deepStrictEqual(await mappingOf(`${prefix}orders-000001`), before)
  })

  it("a row that OpenSearch can't take is refused when it comes, also before its order, and holds nothing back", async () => {
    const prefix = fresh()
    const own = start(prefix, tableOf(root, { at: Schema.String.annotate(Mapping.date()) }))
    const at = (sort: string, time: string) => change("INSERT", "1", `ITEM#${sort}`, { at: s(time) })
    const bad = at("2", "soon")
    const refused = { batchItemFailures: [{ itemIdentifier: bad.dynamodb.SequenceNumber }] }
    assert.deepStrictEqual(await give(own, at("1", "2012-06-12"), bad), refused)
    assert.match(own.log.join("\n"), /ITEM#2.*field \[orderItems\.at\]/)
    assert.deepStrictEqual(await give(own, details()), settled)
    assert.deepStrictEqual((await documentOf(prefix)).orderItems, [{ at: "2012-06-12" }])
    assert.deepStrictEqual(await give(own, at("2", "2013")), settled)
    assert.deepStrictEqual((await documentOf(prefix)).orderItems, [{ at: "2012-06-12" }, { at: "2013" }])
  })
})
