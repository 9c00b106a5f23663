/**
 * A proxy that misbehaves: it breaks connections off before or after it has passed a request on, waits, never answers,
 * cuts answers short, answers by itself in HTML or with nothing, and takes no request above a size. It passes no
 * request on twice. Which faults there are and how often, the seed decides (swarm): some are off, the others are wild.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Random } from "../random.ts"
import { wait } from "./own.ts"

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

const page = (title: string) => `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`

const answers: { readonly [fault: string]: readonly [status: number, body: string] } = {
  "429 HTML": [429, page("429 Too Many Requests")],
  "429 empty": [429, ""],
  "500 JSON": [500, `{"error":{"type":"null_pointer_exception","reason":null},"status":500}`],
  "502 HTML": [502, page("502 Bad Gateway")],
  "503 empty": [503, ""],
  "504 HTML": [504, page("504 Gateway Timeout")],
  "403 throttled": [403, "403 Request throttled due to too many requests"]
}

const breaks = ["dropped before", "dropped after", "delayed", "never answered", "cut off", "cut short", "reset midway"]

export const faults: ReadonlyArray<string> = [...breaks, ...Object.keys(answers)]

export class FaultyProxy {
  /** How often each fault was done. */
  readonly counts = new Map<string, number>()
  requests = 0
  url = ""
  private readonly weights: ReadonlyMap<string, number>
  private readonly target: URL
  private readonly r: Random
  private readonly agent = new Agent({ keepAlive: true })
  private readonly server = createServer((from, to) => void this.handle(from, to))
  private isHonest = false
  private readonly bytesMax: number

  constructor(target: string, r: Random) {
    this.target = new URL(target)
    this.r = r
    this.weights = new Map(faults.filter(() => r.chance(0.6)).map((fault) => [fault, r.next() ** 3 * 0.25]))
    this.bytesMax = r.chance(0.6) ? 20_000 + r.below(60_000) : Infinity
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    return this.url
  }

  /** From now on it is a proxy as it should be, but for its limit on size. */
  behave(): void {
    this.isHonest = true
  }

  async stop(): Promise<void> {
    this.agent.destroy()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private count(fault: string): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1)
  }

  private fault(): string | undefined {
    if (this.isHonest) return undefined
    for (const [fault, weight] of this.weights) if (this.r.chance(weight)) return fault
    return undefined
  }

  private async handle(from: IncomingMessage, to: ServerResponse): Promise<void> {
    this.requests++
    const fault = this.fault()
    const body = await read(from).catch(() => undefined)
    if (body === undefined) return
    if (body.length > this.bytesMax) {
      this.count("413 HTML")
      return reply(to, { status: 413, type: "text/html", body: Buffer.from(page("413 Request Entity Too Large")) })
    }
    if (fault !== undefined) this.count(fault)
    const own = fault === undefined ? undefined : answers[fault]
    if (own !== undefined) return reply(to, { status: own[0], type: "text/html", body: Buffer.from(own[1]) })
    if (fault === "dropped before") return void to.destroy()
    if (fault === "delayed") await wait(this.r.below(1500))
    const answer = await this.pass(from, body).catch(() => undefined)
    if (fault === "never answered") return
    if (answer === undefined || fault === "dropped after") return void to.destroy()
    const half = this.r.below(answer.body.length + 1)
    if (fault === "cut off") return reply(to, { ...answer, body: answer.body.subarray(0, half) })
    if (fault === "cut short") return reply(to, withoutAnItem(answer))
    if (fault === "reset midway") {
      to.writeHead(answer.status, { "content-type": answer.type, "content-length": answer.body.length + 1 })
      return void to.write(answer.body.subarray(0, half), () => to.destroy())
    }
    reply(to, answer)
  }

  private pass({ headers, method, url }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.target
    const { "content-type": type } = headers
    const own = { "content-length": body.length, ...(type === undefined ? {} : { "content-type": type }) }
    return new Promise((resolve, reject) => {
      const passed = request({ hostname, port, method, path: url, agent: this.agent, headers: own }, (answer) => {
        read(answer).then(
          (body) =>
            resolve({
              status: answer.statusCode ?? 0,
              type: answer.headers["content-type"] ?? "application/json",
              body
            }),
          reject
        )
      })
      passed.on("error", reject)
      passed.end(body)
    })
  }
}

const read = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const reply = (to: ServerResponse, { body, status, type }: Answer): void => {
  to.writeHead(status, { "content-type": type, "content-length": body.length })
  to.end(body)
}

/** A bulk answer with an item fewer than there were actions. */
const withoutAnItem = (answer: Answer): Answer => {
  const { items, ...rest } = JSON.parse(answer.body.toString() || "{}")
  if (!Array.isArray(items)) return answer
  return { ...answer, body: Buffer.from(JSON.stringify({ ...rest, items: items.slice(0, -1) })) }
}
