/**
 * Lambda's Runtime API on this machine's loopback, and behind it one process that runs a bundled handler as Lambda's
 * Node runtime does: so a test or a measurement sees what a container would. Times are from the spawn on.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"

export interface Options {
  /** The bundled handler: an ES module that exports `handler`. */
  readonly file: string
  readonly env?: { readonly [name: string]: string }
  /** For the process's Node: `["--max-old-space-size=200"]`. */
  readonly execArgv?: ReadonlyArray<string>
  /** What an invocation may take, as the handler's context tells it. Defaults to 60 seconds. */
  readonly timeoutMillis?: number
}

/** What a process had used at one moment. */
export interface Usage {
  /** Since the spawn. */
  readonly millis: number
  /** User and system time of all threads. */
  readonly cpuMillis: number
  readonly rssBytes: number
  readonly rssMaxBytes: number
}

export interface Answer extends Usage {
  /** What the handler gave, as JSON says it. */
  readonly value: unknown
}

export interface Container {
  /** The handler's file is loaded and the first invocation is asked for: Lambda's init phase is over. */
  readonly ready: Promise<Usage>
  /** The lines of the handler's log so far. */
  readonly log: () => ReadonlyArray<string>
  /** One invocation with an event, given as JSON. Rejects with the handler's error. One at a time. */
  readonly invoke: (event: string | Uint8Array) => Promise<Answer>
  /** Ends the process at once. */
  readonly end: () => Promise<void>
}

/** Starts a process for a handler. */
export const start = async (options: Options): Promise<Container> => {
  const next = Promise.withResolvers<ServerResponse>()
  const state: State = { next, ready: Promise.withResolvers(), pending: undefined, begun: 0, options }
  state.ready.promise.catch(() => {})
  const server = createServer((request, response) => void serve(state, request, response))
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  state.begun = performance.now()
  const child = spawn(process.execPath, [...(options.execArgv ?? []), bootstrap, options.file], {
    env: { PATH: process.env["PATH"], TZ: ":UTC", AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, ...options.env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let said = ""
  let log = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-100_000)))
  child.stderr.on("data", (chunk) => (said = (said + String(chunk)).slice(-4000)))
  child.on("exit", (code, signal) => fail(state, new Error(`the process ended (${signal ?? code}): ${said}`)))
  return {
    ready: state.ready.promise,
    log: () => log.split("\n").filter((line) => line !== ""),
    invoke: (event) => invoke(state, event),
    end: () => end(child, server)
  }
}

const bootstrap = fileURLToPath(new URL("lambdaBootstrap.mjs", import.meta.url))

interface State {
  readonly options: Options
  readonly ready: PromiseWithResolvers<Usage>
  /** The process's open question for an invocation. */
  next: PromiseWithResolvers<ServerResponse>
  pending: PromiseWithResolvers<Answer> | undefined
  begun: number
}

const invoke = async (state: State, event: string | Uint8Array) => {
  const pending = (state.pending = Promise.withResolvers<Answer>())
  state.next.promise.then(
    (response) => {
      state.next = Promise.withResolvers()
      const deadline = performance.timeOrigin + performance.now() + (state.options.timeoutMillis ?? 60_000)
      response.writeHead(200, {
        "lambda-runtime-aws-request-id": crypto.randomUUID(),
        "lambda-runtime-deadline-ms": Math.round(deadline)
      })
      response.end(event)
    },
    (error: unknown) => pending.reject(error)
  )
  return pending.promise
}

const serve = async (state: State, request: IncomingMessage, response: ServerResponse) => {
  const used = usage(state, request)
  const path = request.url?.replace("/2018-06-01/runtime/", "") ?? ""
  if (path === "invocation/next") {
    state.ready.resolve(used)
    state.next.resolve(response)
    return
  }
  const chunks: Array<Uint8Array> = []
  for await (const chunk of request) chunks.push(chunk)
  response.writeHead(202).end()
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString())
  if (path.endsWith("/response")) state.pending?.resolve({ ...used, value })
  else if (path.startsWith("init/")) fail(state, errorOf(value))
  else state.pending?.reject(errorOf(value))
}

const usage = ({ begun }: State, { headers }: IncomingMessage): Usage => ({
  millis: performance.now() - begun,
  cpuMillis: Number(headers["x-cpu-micros"]) / 1000,
  rssBytes: Number(headers["x-rss-bytes"]),
  rssMaxBytes: Number(headers["x-rss-max-bytes"])
})

const errorOf = (value: unknown) => {
  const { errorMessage, errorType } = value as { readonly errorMessage: string; readonly errorType: string }
  return Object.assign(new Error(errorMessage), { name: errorType })
}

const fail = (state: State, error: Error) => {
  state.ready.reject(error)
  state.next.promise.catch(() => {})
  state.next.reject(error)
  state.pending?.reject(error)
}

const end = async (child: ChildProcess, server: Server) => {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }
  server.closeAllConnections()
  server.close()
}
