/** A server between a process and OpenSearch that counts what is written, refuses some of it with 429, and can tell. */
import { createServer, type IncomingMessage, request } from "node:http"
import type { AddressInfo } from "node:net"

export interface BulkProxy {
  readonly address: string
  /** Documents that were sent in bulks that were passed on. */
  readonly writes: () => number
  readonly refused: () => number
  readonly stop: () => void
}

export interface Options {
  /** Of so many bulks one is answered with 429. */
  readonly refuseEvery: number
  /** Called when a bulk was done, before its answer is given; none is given where it says so. */
  readonly onBulk: () => "answer" | "none"
}

const bytesOf = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Array<Buffer> = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const tooMany = JSON.stringify({ error: { type: "es_rejected_execution_exception", reason: "busy" }, status: 429 })

/** Documents in a bulk's body: each has a line for the action and one for itself. */
const documentsIn = (body: Buffer): number => {
  let lines = 0
  for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1)) lines++
  return lines / 2
}

export const startBulkProxy = async (server: string, { onBulk, refuseEvery }: Options): Promise<BulkProxy> => {
  let [bulks, refused, writes] = [0, 0, 0]
  const proxy = createServer(async (incoming, outgoing) => {
    const { headers, method = "", url = "" } = incoming
    const body = await bytesOf(incoming)
    const isBulk = url.split("?")[0]!.endsWith("/_bulk")
    if (isBulk && ++bulks % refuseEvery === 0) {
      refused++
      outgoing.writeHead(429, { "content-type": "application/json" }).end(tooMany)
      return
    }
    if (isBulk) writes += documentsIn(body)
    const passed = request(`${server}${url}`, { method, headers, agent: false }, async (answer) => {
      const content = await bytesOf(answer)
      if (isBulk && onBulk() === "none") return
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(content)
    })
    passed.on("error", () => outgoing.destroy())
    passed.end(body)
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  return {
    address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    writes: () => writes,
    refused: () => refused,
    stop: () => {
      proxy.closeAllConnections()
      proxy.close()
    }
  }
}
