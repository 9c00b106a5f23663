/** All documents of an index of several shards, on a real OpenSearch, while they change. */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, beforeAll } from "vitest"
import { eachPage, type Hit } from "../../src/maintain/eachPage.ts"
import * as client from "../../src/sink/opensearch/client.ts"
import { type Request, Transport } from "../../src/sink/opensearch/Transport.ts"
import { describeReal } from "../servers/servers.ts"
import { ask, drop } from "../whole/opensearch.ts"
import { withoutPointInTime } from "./withoutPointInTime.ts"

const count = 1000

describeReal("pages of all documents", ({ openSearchNode: node }) => {
  const prefix = `pages${randomInt(2 ** 31)}-`
  const index = `${prefix}orders`
  const ids = Array.from({ length: count }, (_, i) => String(i))
  const bulk = async (lines: ReadonlyArray<object>) => {
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("")
    const headers = { "content-type": "application/x-ndjson" }
    const answer = await fetch(`${node}/${index}/_bulk?refresh=true`, { method: "POST", headers, body })
    assert.deepInclude(await answer.json(), { errors: false })
  }
  const fill = () => bulk(ids.flatMap((_id) => [{ index: { _id } }, { state: "first" }]))
  beforeAll(async () => {
    await ask(node, "PUT", `/${index}`, { settings: { number_of_shards: 3, number_of_replicas: 0 } })
    await fill()
  })
  afterAll(() => drop(node, prefix))

  /** Writes some documents again, deletes one, and makes one. */
  const change = (page: number) => {
    const again = ids.filter((id) => Number(id) % 20 === page % 20)
    return bulk([
      ...again.flatMap((_id) => [{ index: { _id } }, { state: "second" }]),
      { delete: { _id: again.at(-1) } },
      { index: { _id: `new-${page}` } },
      { state: "second" }
    ])
  }

  /** The real server, with what it was asked; one without a point in time where that is wanted. */
  const transport = (isOld: boolean) =>
    Effect.map(Transport, (real) => {
      const requests: Array<Request> = []
      const seen = { ...real, request: (own: Request) => (requests.push(own), real.request(own)) }
      return { requests, service: isOld ? withoutPointInTime(seen) : seen }
    })

  for (const isOld of [false, true]) {
    it(`give each that was there once, as it was then (${isOld ? "scroll" : "point in time"})`, () =>
      Effect.gen(function* () {
        yield* Effect.promise(fill)
        const { requests, service } = yield* transport(isOld)
        let pages = 0
        const seen: Array<Hit<{ readonly state: string }>> = []
        const work = eachPage(
          index,
          { size: 100, query: { match_all: {} } },
          (hits: ReadonlyArray<Hit<{ readonly state: string }>>) => {
            seen.push(...hits)
            return Effect.promise(() => change(pages++))
          }
        )
        yield* Effect.provideService(work, Transport, service)
        const first = seen.filter(({ _id }) => !_id.startsWith("new-"))
        assert.deepStrictEqual(
          first.map(({ _id }) => _id).toSorted((a, b) => Number(a) - Number(b)),
          ids
        )
        assert.deepStrictEqual([...new Set(first.map(({ _source }) => _source.state))], ["first"])
        assert.strictEqual(
          requests.some(({ path }) => path.includes("scroll")),
          isOld
        )
      }).pipe(Effect.provide(client.layer({ nodes: [new URL(node)], auth: { _tag: "none" } })), Effect.runPromise))
  }

  it("leave no point in time behind where the reader stops in the midst", () =>
    Effect.gen(function* () {
      const { requests, service } = yield* transport(false)
      const isThere = yield* Deferred.make<void>()
      const work = eachPage(index, { size: 100, query: { match_all: {} } }, () =>
        Effect.andThen(Deferred.succeed(isThere, undefined), Effect.never)
      )
      const reader = yield* Effect.forkChild(Effect.provideService(work, Transport, service))
      yield* Deferred.await(isThere)
      const search = { body: requests.at(-1)!.body! }
      const again = () => service.request({ method: "POST", path: "/_search", ...search })
      assert.strictEqual((yield* again()).status, 200)
      yield* Fiber.interrupt(reader)
      assert.strictEqual((yield* again()).status, 404)
    }).pipe(Effect.provide(client.layer({ nodes: [new URL(node)], auth: { _tag: "none" } })), Effect.runPromise))
})
