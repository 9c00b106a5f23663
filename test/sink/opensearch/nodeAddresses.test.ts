/** Addresses of nodes: whatever a password holds, it is used, or it is said how to write it, and it is never shown. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Redacted, Result, Schema } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as client from "../../../src/sink/opensearch/client.ts"
import * as nodeAddresses from "../../../src/sink/opensearch/nodeAddresses.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { Budget } from "../../../src/Budget.ts"
import { Transport } from "../../../src/sink/opensearch/Transport.ts"
import { Sink } from "../../../src/sink/Sink.ts"
import * as Shape from "../../../src/define/Shape.ts"
import { table } from "../../definitions.ts"

const hosts = ["https://a:9200", "http://b", "https://[::1]:9200/proxy"]
const with_ = (address: string, credentials: string) => address.replace("//", () => `//${credentials}@`)

/** Of all that a URL takes as it is in a password. */
const plain = Schema.String.check(Schema.isPattern(/^[-A-Za-z0-9,;:@!$&'()*+=_~.]{1,20}$/))
const any = Schema.NonEmptyString.check(Schema.isMaxLength(20))

const isWellFormed = (text: string) => Result.isSuccess(Result.try(() => encodeURIComponent(text)))

describe("addresses of nodes", () => {
  it.prop("are told apart whatever a password holds, and hold it no more", [plain, plain], ([name, password]) => {
    const username = name.replaceAll(":", "")
    if (username === "") return
    for (const separator of [",", ", ", " ,\n"]) {
      const text = hosts.map((host) => with_(host, `${username}:${password}`)).join(separator)
      const { credentials, nodes } = Result.getOrThrow(nodeAddresses.parse(text))
      assert.deepStrictEqual(credentials, { username, password })
      assert.deepStrictEqual(
        nodes,
        hosts.map((host) => new URL(host))
      )
    }
  })

  it.prop("take any password that is escaped", [any, any], ([username, password]) => {
    if (![username, password].every(isWellFormed)) return
    const text = with_(hosts[0]!, [username, password].map(encodeURIComponent).join(":"))
    const { credentials } = Result.getOrThrow(nodeAddresses.parse(`${text},${hosts[1]}`))
    assert.deepStrictEqual(credentials, { username, password })
  })

  it.prop(
    "that can't be read are not shown",
    [any, Schema.Literals(["", "@host", "#@host", "/@host", "%@host"])],
    ([text, end]) => {
      const read = nodeAddresses.parse(`https://ada:Qz7${text}Qz7${end}`)
      if (Result.isFailure(read)) return assert.notInclude(read.failure, "Qz7")
      // What was read is never a password in part.
      for (const { href } of read.success.nodes) assert.notInclude(href, "Qz7")
    }
  )

  it.each([
    ["", /can't be read/],
    ["search:9200", /can't be read; it must be like https:\/\/host:9200/],
    ["https://a:9200,b:9200", /each with its https:\/\//],
    ["https://a,b", /can't be read/],
    ["https://a:9200,", /can't be read/],
    ["https://a:9200,ftp://b", /can't be read/],
    ["https://a:9200,https://b:x", /address number 2 of 2/],
    ["https://ada:p/w@a", /%2F/],
    ["https://ada:1#2@a", /%23/],
    ["https://ada:1?2@a", /%3F/],
    ["https://ada:100%@a", /%25/],
    ["https://ada:p\tw@a", /can't be read/],
    ["https://ada@a", /a user name without a password/],
    ["https://:pw@a", /a password alone/],
    ["https://ada:1@a,https://ada:2@b", /different/]
  ])("that are none, or leave it open what is meant, are a sentence: %s", (text, words) => {
    const { failure } = nodeAddresses.parse(text) as Result.Failure<never, string>
    assert.match(failure, words)
  })
})

describe("a client", () => {
  /** A server that refuses all credentials; with what it was given. */
  const listening = Effect.gen(function* () {
    const seen = new Set<string | undefined>()
    const server = createServer(({ headers }, response) => {
      seen.add(headers.authorization)
      response.writeHead(401).end("Unauthorized")
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )
    return { port: (server.address() as AddressInfo).port, seen }
  })
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`

  it.live("sends the credentials of an address, a comma among them, and names the address without", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening
      const text = `http://ada:pa,s%2Fs@127.0.0.1:${port}`
      const node = new URL(text)
      const sink = OpenSearchSink.layer({ nodes: [node], auth: { _tag: "none" } })
      const error = yield* Effect.flatMap(Sink, (sink) => sink.read(Shape.of(table.aggregates[0]!), ["-"])).pipe(
        Effect.provideService(Budget, Duration.millis(300)),
        Effect.provide([sink, Logger.layer([])]),
        Effect.flip
      )
      assert.deepStrictEqual([...seen], [basic("ada:pa,s/s")])
      assert.include(error.message, `http://127.0.0.1:${port}`)
      assert.notMatch(error.message, /ada|pa,s/)
    }).pipe(Effect.scoped)
  )

  it.live("prefers those that are given beside the addresses; an address given twice is told without them", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening
      const node = new URL(`http://ada:s3cret@127.0.0.1:${port}`)
      const auth = { _tag: "basic", username: "ben", password: Redacted.make("other") } as const
      yield* Effect.flatMap(Transport, ({ request }) => request({ method: "GET", path: "/" })).pipe(
        Effect.provide(client.layer({ nodes: [node], auth }))
      )
      assert.deepStrictEqual([...seen], [basic("ben:other")])
      const error = yield* Effect.flip(Effect.scoped(Layer.build(client.layer({ nodes: [node, node], auth }))))
      assert.match(error.message, /already present/)
      assert.notInclude(error.message, "s3cret")
    }).pipe(Effect.scoped)
  )
})
