/**
 * A door for the person at the other terminal: an address of this machine that takes changes of rows by curl, and shows
 * documents, whatever the table and the documents are kept in. Closed with its scope.
 */
import { Effect, Option, type Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text as textOf } from "node:stream/consumers"
import { Failure } from "../../cli/Failure.ts"
import * as Documents from "../../sink/Documents.ts"
import { Sink } from "../../sink/Sink.ts"
import type { Attributes } from "../../source/Change.ts"
import { table } from "../table.ts"
import type { Key } from "./day.ts"
import type { Follower } from "./Follower.ts"
import type { Plain } from "./row.ts"
import type { Rows } from "./Rows.ts"

interface Answer {
  readonly status: number
  readonly text: string
}

/** Gives the address. */
export const listen = Effect.fnUntraced(function* (
  rows: Rows,
  follower: Follower
): Effect.fn.Return<string, Failure, Scope.Scope | Sink> {
  const sink = yield* Sink
  const answer = (request: IncomingMessage, body: string) =>
    handle(rows, follower, request, body).pipe(
      Effect.provideService(Sink, sink),
      Effect.catch(({ message }) => Effect.succeed({ status: 500, text: message })),
      Effect.runPromise
    )
  const server = yield* Effect.acquireRelease(start(answer), (server) =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

const start = (answer: (request: IncomingMessage, body: string) => Promise<Answer>) =>
  Effect.callback<Server, Failure>((resume) => {
    const respond = async (request: IncomingMessage, response: ServerResponse) => {
      const { status, text } = await answer(request, await textOf(request))
      response.writeHead(status, { "content-type": text.startsWith("{") ? "application/json" : "text/plain" })
      response.end(`${text}\n`)
    }
    const server = createServer((request, response) => void respond(request, response).catch(() => response.destroy()))
    server.once("error", ({ message }) => resume(new Failure({ message: `no port to listen on: ${message}` })))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  })

const handle = Effect.fnUntraced(function* (rows: Rows, follower: Follower, request: IncomingMessage, body: string) {
  const { headers, method, url = "" } = request
  // A page in a browser must not change rows; curl sends no origin.
  if (headers.origin !== undefined) return { status: 403, text: "not for browsers" }
  const path = url.slice(1).split("/").map(decodeURIComponent)
  if (method === "GET") return yield* document(path[0] ?? "", path[1] ?? "")
  const wanted = new URLSearchParams(body)
  // An address ends at a #, which curl keeps to itself; a body does not.
  const given = wanted.get("row")
  wanted.delete("row")
  const [PK = "", SK = ""] = given === null ? path : given.split("/").map((text) => text.trim())
  const row = yield* rows.get({ PK, SK })
  if (Option.isNone(row)) {
    const hint = given === null && SK === "" ? `; an address ends at its #: curl -d 'row=${PK}#1001/DETAILS' …` : ""
    return { status: 404, text: `the table has no row ${PK} / ${SK}${hint}` }
  }
  const key = { PK, SK }
  if (method === "DELETE") {
    yield* follower.write({ _tag: "Remove", key })
    return { status: 200, text: `${PK} / ${SK} is removed` }
  }
  return yield* change(follower, key, row.value, wanted)
})

const document = Effect.fnUntraced(function* (alias: string, id: string) {
  const aggregate = table.aggregates.find(({ name }) => name === alias)
  const json = aggregate === undefined ? Option.none() : yield* Documents.json(aggregate, id)
  return Option.match(json, {
    onNone: () => ({ status: 404, text: `there is no document ${alias}/${id}` }),
    onSome: (text) => ({ status: 200, text: JSON.stringify(JSON.parse(text), null, 2) })
  })
})

const change = Effect.fnUntraced(function* (follower: Follower, key: Key, row: Attributes, wanted: URLSearchParams) {
  const attributes: { [name: string]: Plain } = {}
  for (const [name, text] of wanted) {
    const before = row[name]
    const isNumber = before !== undefined && "N" in before
    if (name === "PK" || name === "SK") return { status: 400, text: "a row's key can't be changed" }
    if (before !== undefined && !isNumber && !("S" in before)) {
      return { status: 400, text: `${name} is neither text nor a number; change another attribute` }
    }
    if (isNumber && !/^-?\d+(\.\d+)?$/.test(text))
      return { status: 400, text: `${name} is a number, "${text}" is none` }
    const isSame = before !== undefined && ("S" in before ? before.S === text : isNumber && before.N === text)
    if (!isSame) attributes[name] = isNumber ? Number(text) : text
  }
  if (Object.keys(attributes).length === 0) return { status: 200, text: "nothing to change: the row says so already" }
  yield* follower.write({ _tag: "Set", key, attributes })
  return { status: 200, text: `${key.PK} / ${key.SK} is changed; its document follows in the other terminal` }
})
