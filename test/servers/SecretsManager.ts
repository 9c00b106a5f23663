/** The one request of AWS Secrets Manager that is asked of it, as its JSON protocol has it. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface SecretsManager {
  readonly endpoint: string
  /** What is answered from now on. */
  readonly answer: (status: number, body: object) => void
  /** Each request so far: its operation, and its input. */
  readonly reads: Array<readonly [operation: string | undefined, input: unknown]>
  readonly stop: () => void
}

/** A secret with the user's name and password, as `GetSecretValue` gives it. */
export const secretOf = (username: string, password: string) => ({
  ARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:search-Ab12Cd",
  Name: "search",
  SecretString: JSON.stringify({ username, password, host: "more" })
})

export const start = async (): Promise<SecretsManager> => {
  const reads: SecretsManager["reads"] = []
  let [status, body]: [number, object] = [200, {}]
  const server = createServer((from, to) => {
    const parts: Array<Buffer> = []
    from.on("data", (part: Buffer) => parts.push(part))
    from.on("end", () => {
      reads.push([String(from.headers["x-amz-target"]), JSON.parse(Buffer.concat(parts).toString())])
      to.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (...next) => ([status, body] = next),
    reads,
    stop: () => void server.close()
  }
}
