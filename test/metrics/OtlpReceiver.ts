/** A collector of OTLP over HTTP that keeps what it is sent, by path. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Received {
  readonly path: string
  readonly body: any
}

export interface OtlpReceiver {
  readonly endpoint: string
  readonly received: Array<Received>
  readonly stop: () => Promise<void>
}

/** `answers` says whether it answers at all. */
export const start = async (answers = true): Promise<OtlpReceiver> => {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      received.push({ path: request.url ?? "", body: JSON.parse(Buffer.concat(chunks).toString()) })
      if (answers) response.setHeader("content-type", "application/json").end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, stop }
}
