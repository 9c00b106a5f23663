/** What the sink relies on in a server, as one suite: for the simulated OpenSearch and for a real one. */
import { assert, describe, it } from "@effect/vitest"
import { clientOf, place, seen, type Server } from "./serverClient.ts"

export const suite = (name: string, server: Server) =>
  describe(name, () => {
    const { bulk, bulkTo, fresh, get, json, make, write } = clientOf(server)

    it("numbers writes from zero, and takes a conditional one only if nobody else wrote", async () => {
      const { into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { n: 1 })
      assert.deepInclude(first, { status: 201, result: "created", _seq_no: 0, _primary_term: 1 })
      const second = await write("index", seen(writeAlias, "1", first), { n: 2 })
      assert.deepInclude(second, { status: 200, result: "updated", _seq_no: 1 })
      const stale = await write("index", seen(writeAlias, "1", first), { n: 3 })
      assert.strictEqual(stale.status, 409)
      assert.strictEqual(stale.error?.type, "version_conflict_engine_exception")
      assert.deepStrictEqual((await get(writeAlias, "1")).docs[0]._source, { n: 2 })
      assert.deepInclude(await write("create", into("2"), {}), { status: 201, _seq_no: 2 })
    })

    it("creates only what is not there, and conditionally changes only what is", async () => {
      const { into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { n: 1 })
      assert.strictEqual((await write("create", into("1"), { n: 2 })).status, 409)
      assert.strictEqual((await write("index", seen(writeAlias, "other", first), {})).status, 409)
      assert.strictEqual((await write("index", into("1"), { n: 3 })).status, 200)
    })

    it("deletes conditionally only what is as it was seen, and no index is made by it", async () => {
      const { into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { n: 1 })
      await write("create", into("2"), {})
      const second = await write("index", seen(writeAlias, "1", first), { n: 2 })
      const { require_alias: _, ...stale } = seen(writeAlias, "1", first)
      const { require_alias: __, ...right } = seen(writeAlias, "1", second)
      const { index: nowhere } = place()
      const items = await bulk(
        ["delete", stale],
        ["delete", right],
        ["delete", right],
        ["index", into("2"), { n: 3 }],
        ["delete", { ...right, _index: nowhere }]
      )
      assert.deepStrictEqual(
        items.map(({ status }) => status),
        [409, 200, 409, 200, 404]
      )
      assert.strictEqual(items[1]!.result, "deleted")
      assert.strictEqual((await get(writeAlias, "1")).docs[0].found, false)
      assert.strictEqual((await write("index", seen(writeAlias, "1", second), {})).status, 409)
      assert.strictEqual((await json("GET", `/${nowhere}`)).status, 404)
    })

    it("refuses a condition from before the primary shard started anew", async () => {
      const { index, into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { n: 1 })
      await server.promote(index)
      const [read] = (await get(writeAlias, "1")).docs
      assert.deepInclude(read, { _seq_no: 0, _primary_term: 1 })
      const second = await write("index", seen(writeAlias, "1", first), { n: 2 })
      assert.strictEqual(second.status, 200)
      assert.isAbove(second._primary_term!, 1)
      assert.strictEqual((await write("index", seen(writeAlias, "1", { ...second, _primary_term: 1 }), {})).status, 409)
    })

    it("reads by id what was just written, and says what is not there", async () => {
      const { into, writeAlias } = await fresh()
      await write("create", into("1"), { n: 1 })
      const { docs, status } = await get(writeAlias, "1", "2")
      assert.strictEqual(status, 200)
      assert.deepInclude(docs[0], { _id: "1", found: true, _seq_no: 0, _primary_term: 1, _source: { n: 1 } })
      assert.deepInclude(docs[1], { _id: "2", found: false })
    })

    it("answers reads and writes without an index per document", async () => {
      const { index, writeAlias } = place()
      const [item] = await bulk(["create", { _index: writeAlias, _id: "1", require_alias: true }, {}])
      assert.strictEqual(item!.status, 404)
      assert.strictEqual(item!.error?.type, "index_not_found_exception")
      const { docs, status } = await get(writeAlias, "1")
      assert.strictEqual(status, 200)
      assert.strictEqual(docs[0].error.type, "index_not_found_exception")
      assert.strictEqual((await json("GET", `/${index}`)).status, 404)
    })

    it("makes an index for what is not there, where no alias is required", async () => {
      const [a, b] = [place(), place()]
      assert.strictEqual((await write("create", { _index: a.index, _id: "1" }, {})).status, 201)
      const stale = seen(b.index, "1", { status: 200, _seq_no: 0, _primary_term: 1 })
      assert.strictEqual((await write("index", { ...stale, require_alias: false }, {})).status, 409)
      for (const { index } of [a, b]) assert.strictEqual((await json("GET", `/${index}`)).status, 200)
    })

    it("takes no write to an index's own name where an alias is required", async () => {
      const { index } = await fresh()
      const item = await write("index", { _index: index, _id: "1", require_alias: true }, {})
      assert.strictEqual(item.status, 404)
      assert.strictEqual(item.error?.type, "index_not_found_exception")
    })

    it("takes the alias of all actions, and that it must be one, from the path", async () => {
      const { index, writeAlias } = await fresh()
      const absent = place()
      const statuses: Array<number> = []
      for (const name of [writeAlias, index, absent.writeAlias]) {
        const items = await bulkTo(`/${name}/_bulk?require_alias=true`, ["create", { _id: "1" }, {}])
        statuses.push(...items.map(({ status }) => status))
      }
      assert.deepStrictEqual(statuses, [201, 404, 404])
      assert.strictEqual((await json("GET", `/${absent.writeAlias}`)).status, 404)
    })

    it("carries out the good actions of a request with a bad one", async () => {
      const { into, writeAlias } = await fresh()
      const items = await bulk(
        ["create", into("1"), { n: 1 }],
        ["create", into("1"), { n: 2 }],
        ["create", { _index: `${writeAlias}-gone`, _id: "2", require_alias: true }, {}],
        ["create", into("3"), { n: 3 }]
      )
      assert.deepStrictEqual(
        items.map(({ status }) => status),
        [201, 409, 404, 201]
      )
    })

    it("makes an index once, and one made anew numbers from zero again", async () => {
      const made = await fresh()
      const again = await make(made)
      assert.strictEqual(again.status, 400)
      assert.strictEqual(again.body.error.type, "resource_already_exists_exception")
      await write("create", made.into("1"), {})
      await write("create", made.into("2"), {})
      assert.strictEqual((await json("DELETE", `/${made.index}`)).status, 200)
      assert.strictEqual((await json("GET", `/${made.alias}`)).status, 404)
      assert.strictEqual((await make(made)).status, 200)
      assert.deepInclude(await write("create", made.into("2"), {}), { status: 201, _seq_no: 0, _primary_term: 1 })
    })

    it("moves aliases at one stroke, or not at all", async () => {
      const [one, other] = [await fresh(), await fresh()]
      const filter = { term: { "_sync.live": true } }
      const remove = { index: one.index, alias: one.alias }
      const add = { index: other.index, alias: one.alias, filter }
      const gone = await json("POST", "/_aliases", { actions: [{ remove }, { add: { ...add, index: "gone" } }] })
      assert.strictEqual(gone.status, 404)
      assert.deepStrictEqual(Object.keys((await json("GET", `/${one.alias}`)).body), [one.index])
      assert.strictEqual((await json("POST", "/_aliases", { actions: [{ remove }, { add }] })).status, 200)
      assert.deepStrictEqual(Object.keys((await json("GET", `/${one.alias}`)).body), [other.index])
    })

    it("finds through a filtered alias, once refreshed, the live documents alone", async () => {
      const { alias, index, into } = await fresh()
      await write("create", into("1"), { _sync: { live: true } })
      await write("create", into("2"), { _sync: { live: false } })
      const third = await write("create", into("3"), { _sync: { live: true } })
      await json("POST", `/${index}/_refresh`)
      assert.sameMembers([...(await server.search(alias))], ["1", "3"])
      await write("index", seen(into("3")._index, "3", third), { _sync: { live: false } })
      await json("POST", `/${index}/_refresh`)
      assert.sameMembers([...(await server.search(alias))], ["1"])
    })

    it("adds to a mapping through an alias that is there, and shows it with the aliases", async () => {
      const { alias, index, writeAlias } = await fresh()
      const properties = { name: { type: "keyword" } }
      const put = await json("PUT", `/${writeAlias}/_mapping`, { properties, _meta: { made: "here" } })
      assert.strictEqual(put.status, 200)
      const late = await json("PUT", `/${writeAlias}-gone/_mapping`, { properties })
      assert.strictEqual(late.status, 404)
      assert.strictEqual(late.body.error.type, "index_not_found_exception")
      const { mappings, aliases } = (await json("GET", `/${alias}`)).body[index]
      assert.deepStrictEqual(mappings._meta, { made: "here" })
      assert.deepInclude(mappings.properties, { name: { type: "keyword" } })
      assert.deepStrictEqual(mappings.properties._sync.properties.live, { type: "boolean" })
      assert.deepStrictEqual(aliases[alias].filter, { term: { "_sync.live": true } })
    })
  })
