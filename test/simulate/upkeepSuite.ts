/**
 * What people and other programs do to an index while it is written, as one suite for the simulated OpenSearch and for
 * a real one: closing, blocking, settings, templates, pipelines, snapshots.
 */
import { assert, describe, it } from "@effect/vitest"
import { clientOf, place, seen, type Server } from "./serverClient.ts"

export const suite = (name: string, server: Server) =>
  describe(name, () => {
    const { bulk, bulkTo, fresh, get, json, make, write } = clientOf(server)

    it("reads with and without the source, from any index, and one document by itself", async () => {
      const { index, into, writeAlias } = await fresh()
      await write("create", into("1"), { n: 1 })
      const docs = [
        { _index: writeAlias, _id: "1", _source: false },
        { _index: index, _id: "1" }
      ]
      const { body } = await json("POST", "/_mget", { docs })
      assert.deepInclude(body.docs[0], { _id: "1", found: true, _seq_no: 0, _primary_term: 1 })
      assert.notProperty(body.docs[0], "_source")
      assert.deepInclude(body.docs[1], { _seq_no: 0, _source: { n: 1 } })
      const { docs: bare } = (await json("POST", `/${writeAlias}/_mget?_source=false`, { ids: ["1"] })).body
      assert.deepInclude(bare[0], { found: true, _seq_no: 0 })
      assert.notProperty(bare[0], "_source")
      const found = await json("GET", `/${writeAlias}/_doc/1`)
      assert.strictEqual(found.status, 200)
      assert.deepInclude(found.body, { found: true, _seq_no: 0, _source: { n: 1 } })
      assert.strictEqual((await json("GET", `/${writeAlias}/_doc/2`)).status, 404)
      assert.strictEqual((await json("GET", `/${place().index}/_doc/1`)).status, 404)
    })

    it("takes any text for an id, and puts one document on a condition", async () => {
      const { writeAlias } = await fresh()
      const path = `/${writeAlias}/_doc/%00tablefold`
      assert.strictEqual((await json("PUT", `${path}?op_type=create`, { n: 1 })).status, 201)
      assert.strictEqual((await json("PUT", `${path}?op_type=create`, { n: 2 })).status, 409)
      assert.strictEqual((await json("PUT", `${path}?if_seq_no=0&if_primary_term=1`, { n: 3 })).status, 200)
      assert.strictEqual((await json("PUT", `${path}?if_seq_no=0&if_primary_term=1`, { n: 4 })).status, 409)
      assert.deepStrictEqual((await get(writeAlias, "\u0000tablefold")).docs[0]._source, { n: 3 })
    })

    it("gives an index an identity that is new when it is made anew", async () => {
      const made = await fresh()
      const identity = async () => (await json("GET", `/${made.alias}`)).body[made.index].settings.index
      const first = await identity()
      assert.deepInclude(first, { number_of_shards: "1", provided_name: made.index })
      assert.isString(first.uuid)
      assert.isUndefined(first.history)
      await json("DELETE", `/${made.index}`)
      await make(made)
      assert.notStrictEqual((await identity()).uuid, first.uuid)
    })

    it("neither reads nor writes a closed index, but describes it where it is named", async () => {
      const { alias, index, into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { n: 1 })
      assert.strictEqual((await json("POST", `/${index}/_close`)).status, 200)
      const items = await bulk(["create", into("2"), {}], ["index", seen(writeAlias, "1", first), {}])
      for (const { error, status } of items) {
        assert.deepStrictEqual([status, error?.type], [400, "index_closed_exception"])
      }
      const { docs, status } = await get(writeAlias, "1")
      assert.deepStrictEqual([status, docs[0].error.type], [200, "index_closed_exception"])
      assert.strictEqual((await json("POST", `/${alias}/_refresh`)).status, 400)
      const described = await json("GET", `/${alias},${index}-*?ignore_unavailable=true`)
      assert.strictEqual(described.body[index].settings.index.verified_before_close, "true")
      assert.deepStrictEqual((await json("GET", `/${index}*`)).body, {})
      assert.strictEqual((await json("PUT", `/${writeAlias}/_mapping`, { _meta: { n: 1 } })).status, 200)
      assert.strictEqual((await json("POST", `/${index}/_open`)).status, 200)
      const again = await write("index", seen(writeAlias, "1", first), { n: 2 })
      assert.strictEqual(again.status, 200)
      assert.isAbove(again._primary_term!, 1)
    })

    const blocks: ReadonlyArray<readonly [string, { [request: string]: number }]> = [
      ["write", { write: 403, delete: 403, read: 200, describe: 200, change: 200 }],
      ["read_only", { write: 403, delete: 403, read: 200, describe: 200, change: 403 }],
      ["read_only_allow_delete", { write: 429, delete: 429, read: 200, describe: 200, change: 429 }],
      ["read", { write: 200, delete: 200, read: 403, describe: 200, change: 200 }],
      ["metadata", { write: 200, delete: 200, read: 200, describe: 403, change: 403 }]
    ]

    it.each(blocks)("says by its status what is blocked by %s", async (block, expected) => {
      const { index, into, writeAlias } = await fresh()
      await write("create", into("1"), { n: 1 })
      await write("create", into("2"), { n: 1 })
      const set = (value: boolean | null) =>
        json("PUT", `/${index}/_settings`, { index: { blocks: { [block]: value } } })
      assert.strictEqual((await set(true)).status, 200)
      const items = await bulk(["index", into("1"), { n: 2 }], ["delete", into("2")])
      const [read] = (await get(writeAlias, "1")).docs
      const statuses = {
        write: items[0]!.status,
        delete: items[1]!.status,
        read: read.error?.type === "cluster_block_exception" ? 403 : 200,
        describe: (await json("GET", `/${index}`)).status,
        change: (await json("PUT", `/${writeAlias}/_mapping`, { _meta: { n: 1 } })).status
      }
      assert.deepStrictEqual(statuses, expected as typeof statuses)
      for (const { error, status } of items)
        if (status > 200) assert.strictEqual(error?.type, "cluster_block_exception")
      await set(null)
      assert.strictEqual((await write("index", into("1"), { n: 3 })).status, 200)
    })

    it("shows settings as nested texts, and changes none that are its own", async () => {
      const { index } = await fresh()
      const put = (settings: object) => json("PUT", `/${index}/_settings`, settings)
      assert.strictEqual((await put({ "index.blocks.write": false, refresh_interval: "5s" })).status, 200)
      const { index: shown } = (await json("GET", `/${index}`)).body[index].settings
      assert.deepInclude(shown, { blocks: { write: "false" }, refresh_interval: "5s" })
      assert.strictEqual((await put({ index: { uuid: "mine" } })).status, 400)
      assert.strictEqual((await json("PUT", `/${place().index}/_settings`, { refresh_interval: "5s" })).status, 404)
    })

    it("moves an alias only from where it leads, if that is asked", async () => {
      const [one, other] = [await fresh(), await fresh()]
      const move = { remove: { index: one.index, alias: one.alias, must_exist: true } }
      const actions = [move, { add: { index: other.index, alias: one.alias } }]
      const heads = async () => Object.keys((await json("GET", `/${one.alias}`)).body)
      assert.strictEqual((await json("POST", "/_aliases", { actions })).status, 200)
      assert.deepStrictEqual(await heads(), [other.index])
      await json("POST", "/_aliases", { actions: [{ remove: { index: other.index, alias: one.alias } }] })
      const { body, status } = await json("POST", "/_aliases", { actions })
      assert.strictEqual(status, 404)
      assert.strictEqual(body.error.type, "aliases_not_found_exception")
      assert.strictEqual((await json("GET", `/${one.alias}`)).status, 404)
    })

    it("takes no request by id through an alias with two indices", async () => {
      const [one, other] = [await fresh(), await fresh()]
      const add = { index: other.index, alias: one.writeAlias }
      await json("POST", "/_aliases", { actions: [{ add }] })
      const item = await write("create", one.into("1"), {})
      assert.deepStrictEqual([item.status, item.error?.type], [400, "illegal_argument_exception"])
      const [read] = (await get(one.writeAlias, "1")).docs
      assert.strictEqual(read.error.type, "illegal_argument_exception")
    })

    const template = async (index: string, parts: object) => {
      const body = { index_patterns: [`${index}*`], priority: 500, template: parts }
      assert.strictEqual((await json("PUT", `/_index_template/${index}`, body)).status, 200)
      return () => json("DELETE", `/_index_template/${index}`)
    }

    it("puts a template's settings and mapping under a request's", async () => {
      const { index } = place()
      const settings = { index: { refresh_interval: "7s", translog: { durability: "async" } } }
      const properties = { a: { type: "keyword", doc_values: false }, o: { properties: { p: { type: "long" } } } }
      const undo = await template(index, {
        settings,
        mappings: { dynamic: "strict", properties },
        aliases: { [`${index}-t`]: {} }
      })
      await json("PUT", `/${index}`, {
        settings: { "index.translog.durability": "request" },
        mappings: { dynamic: false, properties: { a: { type: "long" }, o: { properties: { q: { type: "long" } } } } }
      })
      const made = (await json("GET", `/${index}`)).body[index]
      assert.deepInclude(made.settings.index, { refresh_interval: "7s", translog: { durability: "request" } })
      assert.strictEqual(made.mappings.dynamic, "false")
      assert.deepStrictEqual(made.mappings.properties.a, { type: "long" })
      assert.sameMembers(Object.keys(made.mappings.properties.o.properties), ["p", "q"])
      assert.deepStrictEqual(Object.keys(made.aliases), [`${index}-t`])
      await undo()
    })

    it("keeps of a document what the mapping of its source lets it, a template's or the request's", async () => {
      const { index } = place()
      const undo = await template(index, {
        mappings: { _source: { excludes: ["a", "o.p"] }, _routing: { required: true } }
      })
      const document = { a: 1, o: { p: 1, q: 1 } }
      const kept = async (name: string, mappings: object) => {
        await json("PUT", `/${name}`, { mappings })
        const { status } = await write("create", { _index: name, _id: "1" }, document)
        return status === 201 ? (await get(name, "1")).docs[0]._source : status
      }
      assert.strictEqual(await kept(`${index}-1`, {}), 400)
      const unrouted = { _routing: { required: false } }
      assert.deepStrictEqual(await kept(`${index}-2`, unrouted), { o: { q: 1 } })
      assert.deepStrictEqual(await kept(`${index}-3`, { ...unrouted, _source: { excludes: [] } }), document)
      assert.deepStrictEqual(await kept(`${index}-4`, { ...unrouted, _source: { enabled: true } }), document)
      await undo()
    })

    it("refuses a document without a routing value where one is required", async () => {
      const { index } = place()
      await json("PUT", `/${index}`, { mappings: { _routing: { required: true } } })
      const [bare, routed] = await bulk(
        ["create", { _index: index, _id: "1" }, {}],
        ["create", { _index: index, _id: "1", routing: "r" }, {}]
      )
      assert.deepStrictEqual([bare!.status, bare!.error?.type], [400, "routing_missing_exception"])
      assert.strictEqual(routed!.status, 201)
      assert.strictEqual((await get(index, "1")).docs[0].error.type, "routing_missing_exception")
    })

    it.for(["default_pipeline", "final_pipeline"])("takes documents through the %s", async (setting, { skip }) => {
      skip(!(await server.ingests()), "no node of the server has the ingest role")
      const { index, into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { a: 1, b: 1 })
      const use = async (processors: ReadonlyArray<object>) => {
        await json("PUT", `/_ingest/pipeline/${index}`, { processors })
        await json("PUT", `/${index}/_settings`, { index: { [setting]: index } })
      }
      await use([{ drop: {} }])
      const stale = { ...seen(writeAlias, "1", first), if_seq_no: 77 }
      const dropped = await bulk(["index", into("1"), {}], ["create", into("1"), {}], ["index", stale, {}])
      for (const item of dropped) {
        assert.deepInclude(item, { status: 200, result: "noop" })
        assert.notProperty(item, "_seq_no")
      }
      await use([{ remove: { field: "a" } }])
      assert.strictEqual((await write("index", into("1"), { a: 2, b: 2 })).status, 200)
      assert.deepStrictEqual((await get(writeAlias, "1")).docs[0]._source, { b: 2 })
      const [failed] = await bulk(["index", into("1"), { b: 3 }])
      assert.deepStrictEqual([failed!.status, failed!.error?.type], [400, "illegal_argument_exception"])
      await json("PUT", `/${index}/_settings`, { index: { [setting]: "_none" } })
      assert.strictEqual((await write("index", into("1"), { a: 4 })).status, 200)
    })

    it.for(["over closed", "after delete"] as const)("restores a snapshot %s", async (how, { skip }) => {
      const { alias, index, into, writeAlias } = await fresh()
      const first = await write("create", into("1"), { n: 1 })
      const identity = async () => (await json("GET", `/${index}`)).body[index].settings.index
      const before = await identity()
      const restore = await server.snapshot(index)
      if (restore === undefined) return skip("the server has no path.repo for snapshots")
      await bulkTo(`/${writeAlias}/_bulk`, ["index", { _id: "1" }, { n: 2 }], ["create", { _id: "2" }, {}])
      await json("PUT", `/${writeAlias}/_mapping`, { _meta: { late: true } })
      await json("POST", "/_aliases", { actions: [{ remove: { index, alias } }] })
      await restore(how)
      const after = await identity()
      assert.strictEqual(after.uuid === before.uuid, how === "over closed")
      assert.strictEqual(after.history !== undefined, how === "over closed")
      const { docs } = await get(writeAlias, "1", "2")
      assert.deepInclude(docs[0], { _seq_no: first._seq_no, _primary_term: 1, _source: { n: 1 } })
      assert.strictEqual(docs[1].found, false)
      assert.deepStrictEqual((await json("GET", `/${alias}`)).body[index].mappings._meta, undefined)
      const next = await write("create", into("2"), {})
      assert.deepInclude(next, { status: 201, _seq_no: 1, _primary_term: how === "over closed" ? 3 : 2 })
    })
  })
