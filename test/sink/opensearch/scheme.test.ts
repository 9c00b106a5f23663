/** An address whose scheme is not what the server speaks: real sockets, and a sentence that says what to check. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger, Result } from "effect"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, createServer, type Server } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import * as Pipeline from "../../../src/pipeline/Pipeline.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Budget } from "../../../src/Budget.ts"
import { put } from "../../decode/changes.ts"
import { table } from "../../definitions.ts"

/** The port of a server that ends with the test. */
const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => void server.close())
  )

/** Delivers a change to this address, and gives what it says of that. */
const said = Effect.fnUntraced(function* (address: string) {
  const sink = OpenSearchSink.layer({ nodes: [new URL(address)], auth: { _tag: "none" } })
  const change = put("ORDER#1", "DETAILS", { orderId: { S: "1" }, customerName: { S: "Ada" } })
  const delivery = yield* Pipeline.deliver(table, [Result.succeed(change)]).pipe(
    Effect.provideService(Budget, Duration.millis(300)),
    Effect.provide([sink, Logger.layer([])]),
    Effect.result
  )
  return Result.isFailure(delivery) ? delivery.failure.message : delivery.success.unacknowledged[0]!.reason
})

describe("http where https is spoken", () => {
  it.live("to OpenSearch, whose TLS port hangs up", () =>
    Effect.gen(function* () {
      const port = yield* listening(
        createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end()))
      )
      assert.match(yield* said(`http://127.0.0.1:${port}`), /hang up; if it speaks https, OPENSEARCH_NODE must say so/)
    })
  )

  it.live("to a server that answers with an alert of TLS", () =>
    Effect.gen(function* () {
      const port = yield* listening(createTlsServer({}).on("tlsClientError", () => {}))
      assert.match(yield* said(`http://127.0.0.1:${port}`), /OPENSEARCH_NODE must (be http or https|say so)/)
    })
  )

  it.live("to a proxy that says so", () =>
    Effect.gen(function* () {
      const page = "<html><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</html>"
      const port = yield* listening(createHttpServer((_, to) => void to.writeHead(400).end(page)))
      assert.match(yield* said(`http://127.0.0.1:${port}`), /it speaks https .*check OPENSEARCH_NODE/)
    })
  )
})

it.live("https where http is spoken", () =>
  Effect.gen(function* () {
    const port = yield* listening(createHttpServer())
    const text = yield* said(`https://127.0.0.1:${port}`)
    const sentence =
      "it speaks another protocol (wrong version number); check whether OPENSEARCH_NODE must be http or https"
    assert.strictEqual(text, `OpenSearch at https://127.0.0.1:${port}: ${sentence}`)
  })
)
