/** The real servers, started and stopped by themselves: not the shared ones, which nobody may stop. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Option } from "effect"
import { createServer } from "node:net"
import { ask } from "../../src/local/ask.ts"
import * as Servers from "../../src/local/Servers.ts"
import { describeReal } from "../servers/servers.ts"

const runs = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The body of OpenSearch's answer. */
const request = (method: string, url: string, body?: object) =>
  Effect.promise(async (signal) => {
    const headers = { "content-type": "application/json" }
    const response = await fetch(url, {
      method,
      signal,
      headers,
      body: body === undefined ? null : JSON.stringify(body)
    })
    return (await response.json()) as unknown
  })

const listener = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") throw new Error("a port was asked for")
      resume(Effect.succeed({ port: address.port, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

/** Servers elsewhere may be given to the tests; these need what runs some here. */
const located = await Effect.runPromise(Effect.option(Servers.locate))
const describeLocal: typeof describeReal = Option.isSome(located) ? describeReal : (name) => describe.skip(name)

describeLocal("locate", () => {
  it.live("finds a Java for each, and nothing left to fetch once they ran", () =>
    Effect.gen(function* () {
      const { dynamodb, openSearch, toFetch } = yield* Servers.locate
      assert.isAtLeast(dynamodb.java.major, 17)
      assert.isAtLeast(openSearch.java.major, openSearch.version === "3.8" ? 21 : 17)
      assert.deepStrictEqual(toFetch, [])
    })
  )
})

describeLocal("dynamodb", (shared) => {
  it.live("runs beside the shared one, and nothing is left when its scope closes", () =>
    Effect.gen(function* () {
      const { endpoint, pid } = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* Servers.dynamodb()
          assert.notStrictEqual(server.endpoint, shared.dynamodbEndpoint)
          assert.isTrue(runs(server.pid))
          return server
        })
      )
      assert.isFalse(runs(pid))
      yield* Effect.flip(ask(endpoint))
    })
  )

  it.live("does not take the server of another for its own", () =>
    Effect.gen(function* () {
      const { port } = yield* listener
      const error = yield* Effect.flip(Servers.dynamodb({ port }))
      assert.strictEqual(
        error.message,
        `DynamoDB Local cannot listen on port ${port}: it is taken; end what listens there or take another port`
      )
    })
  )
})

describeLocal("openSearch", (shared) => {
  it.live("killed and started again, it has what it acknowledged, on the same node", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const dataFolder = yield* fs.makeTempDirectoryScoped()
      const pid = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* Servers.openSearch({ dataFolder })
          assert.notStrictEqual(server.node, shared.openSearchNode)
          yield* request("PUT", `${server.node}/orders/_doc/7`, { total: 6 })
          const before = yield* server.pid
          yield* server.kill
          assert.isUndefined(yield* server.pid)
          assert.isFalse(runs(before ?? 0))
          yield* Effect.flip(ask(server.node))
          yield* server.restart
          const after = yield* server.pid
          assert.isTrue(after !== undefined && after !== before && runs(after))
          const document = yield* request("GET", `${server.node}/orders/_source/7`)
          assert.deepStrictEqual(document, { total: 6 })
          return after ?? 0
        })
      )
      assert.isFalse(runs(pid))
      assert.isNotEmpty(yield* fs.readDirectory(dataFolder))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
