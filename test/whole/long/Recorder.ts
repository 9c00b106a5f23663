/** A server between a program and another, which passes everything on and notes what was asked for. */
import { createServer, type IncomingMessage, request as overHttp } from "node:http"
import { request as overHttps } from "node:https"
import type { AddressInfo } from "node:net"

export interface Asked {
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** Of AWS's JSON protocol: `DynamoDB_20120810.Scan`. */
  readonly target: string | undefined
  readonly body: string
}

export interface Recorder {
  readonly address: string
  readonly asked: Array<Asked>
  readonly stop: () => void
}

const textOf = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Array<Buffer> = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** Starts one before a server; `ca` is the certificate authority of one that speaks TLS. */
export const record = async (server: string, ca?: string): Promise<Recorder> => {
  const asked: Array<Asked> = []
  const proxy = createServer(async (incoming, outgoing) => {
    const { headers, method = "", url = "" } = incoming
    const body = await textOf(incoming)
    const target = headers["x-amz-target"]?.toString()
    asked.push({ method, path: url.split("?")[0]!, target, body: body.toString() })
    const options = { method, headers, agent: false, ...(ca === undefined ? {} : { ca }) } as const
    const send = server.startsWith("https") ? overHttps : overHttp
    const passed = send(`${server}${url}`, options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on("error", () => outgoing.destroy())
    passed.end(body)
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  const stop = () => {
    proxy.closeAllConnections()
    proxy.close()
  }
  return { address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked, stop }
}
