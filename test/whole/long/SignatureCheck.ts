/**
 * A proxy that lets through what is signed for AWS (Signature Version 4, service `es`) and refuses all else as AWS
 * does. It works the signature out by itself, by AWS's description; what is signed must hold the body's hash and the
 * token.
 */
import { createHash, createHmac } from "node:crypto"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export const region = "eu-central-1"

export class SignatureCheck {
  url = ""
  passed = 0
  /** Why requests were refused. */
  readonly refused: Array<string> = []
  /** Paths that were let through. */
  readonly paths: Array<string> = []
  /** What is valid now, by access key. */
  valid: ReadonlyArray<Credentials> = []
  private readonly target: URL
  private readonly server = createServer((from, to) => void this.handle(from, to))

  constructor(target: string) {
    this.target = new URL(target)
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async handle(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const chunks: Array<Buffer> = []
    for await (const chunk of from) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const problem = this.problem(from, body)
    if (problem !== undefined) {
      this.refused.push(problem)
      to.writeHead(403, { "content-type": "application/json" })
      return void to.end(JSON.stringify({ message: problem }))
    }
    this.passed++
    this.paths.push(from.url!)
    const { hostname, port } = this.target
    const headers = {
      "content-length": body.length,
      "content-type": from.headers["content-type"] ?? "application/json"
    }
    const passed = request({ hostname, port, path: from.url, method: from.method, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(to)
    })
    passed.on("error", () => to.destroy())
    passed.end(body)
  }

  /** Why a request is refused; nothing where it is signed as it should be. */
  private problem({ headers, method, url }: IncomingMessage, body: Buffer): string | undefined {
    const pattern =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/[^/]+\/es\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/
    const [, accessKeyId, scope = "", names = "", signature] = pattern.exec(headers.authorization ?? "") ?? []
    if (accessKeyId === undefined) return "Missing Authentication Token"
    const own = this.valid.find((credentials) => credentials.accessKeyId === accessKeyId)
    if (own === undefined) return "The security token included in the request is expired"
    const header = (name: string) =>
      String(headers[name] ?? "")
        .trim()
        .replaceAll(/ +/g, " ")
    const signed = names.split(";")
    const lacking = ["host", "x-amz-date", "x-amz-content-sha256"].filter((name) => !signed.includes(name))
    if (lacking.length > 0) return `these headers are not signed: ${lacking.join(", ")}`
    if (header("x-amz-content-sha256") !== sha256(body)) return "x-amz-content-sha256 is not the body's hash"
    if (own.sessionToken !== undefined) {
      if (!signed.includes("x-amz-security-token")) return "the session token is not signed"
      if (header("x-amz-security-token") !== own.sessionToken)
        return "The security token included in the request is invalid"
    }
    const date = header("x-amz-date")
    if (!scope.startsWith(`${date.slice(0, 8)}/${region}/`)) return `the scope is ${scope}, the date ${date}`
    const [path = "", query = ""] = url!.split("?")
    const canonical = [
      method,
      path.split("/").map(encode).join("/"),
      canonicalQuery(query),
      ...signed.map((name) => `${name}:${header(name)}`),
      "",
      names,
      sha256(body)
    ].join("\n")
    const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")
    let key: Buffer | string = `AWS4${own.secretAccessKey}`
    for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest()
    const right = createHmac("sha256", key).update(text).digest("hex")
    return right === signature ? undefined : `The request signature we calculated does not match: ${canonical}`
  }
}

const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex")

/** Of RFC 3986: all but unreserved characters. What comes encoded in a path is encoded once more. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const canonicalQuery = (query: string): string =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", value = ""] = pair.split("=").map((part) => encode(decodeURIComponent(part)))
      return [name, value] as const
    })
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&")
