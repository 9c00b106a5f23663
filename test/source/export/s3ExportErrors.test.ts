/** What S3 answers where an export can't be read, as the SDK takes it: what to do, and whether to ask again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll } from "vitest"
import { ExportFiles } from "../../../src/source/export/ExportFiles.ts"
import { locationOf, type Options } from "../../../src/s3.ts"
import { layerS3 } from "../../../src/source/export/s3ExportFiles.ts"

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let answer: Answer
const server = createServer((request, response) => answer(request, response))
beforeAll(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)))
afterAll(() => void server.close())

const says =
  (status: number, code: string, message = "Words of S3.", headers = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/xml", ...headers })
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
  }

const credentials = { accessKeyId: "local", secretAccessKey: "local" }

const failing = (what: "list" | "read", answers: Answer, options: Options = {}) =>
  Effect.suspend(() => {
    answer = answers
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ask = Effect.gen(function* () {
      const { list, read } = yield* ExportFiles
      return yield* Effect.flip(what === "list" ? list("") : Stream.runDrain(read("data/a.json.gz")))
    })
    const location = locationOf("s3://shop/exports")!
    return Effect.provide(ask, layerS3(location, { endpoint, region: "eu-west-1", credentials, ...options }))
  })

const file = "s3://shop/exports/data/a.json.gz"

const refusals: { readonly [what: string]: readonly ["list" | "read", Answer, string] } = {
  "a bucket that is not there": ["list", says(404, "NoSuchBucket"), 'there is no bucket "shop"; check its name'],
  "a file that is not there": ["read", says(404, "NoSuchKey"), `${file} is not there: the export is not whole`],
  "no right to list": [
    "list",
    says(403, "AccessDenied"),
    "s3:ListBucket is not allowed; the role and the bucket's policy must allow it on arn:aws:s3:::shop (AccessDenied"
  ],
  "no right to read": [
    "read",
    says(403, "AccessDenied"),
    "s3:GetObject is not allowed; the role and the bucket's policy must allow it on arn:aws:s3:::shop/exports/*, and " +
      "kms:Decrypt where the export is encrypted"
  ],
  "credentials that have ended": ["read", says(400, "ExpiredToken"), "the credentials have ended or are none of AWS"],
  "credentials of nobody": ["list", says(403, "InvalidAccessKeyId"), "renew them (aws sso login, or AWS_PROFILE"],
  "another region": [
    "list",
    says(301, "PermanentRedirect", "Use the endpoint.", { "x-amz-bucket-region": "us-west-2" }),
    'the bucket "shop" is in another region; set AWS_REGION=us-west-2 (PermanentRedirect'
  ],
  "another region, by its signature": [
    "read",
    says(400, "AuthorizationHeaderMalformed", "The region is wrong; expecting 'us-west-2'"),
    "set AWS_REGION=us-west-2"
  ],
  "a file in the archive": ["read", says(403, "InvalidObjectState"), `${file} is archived; restore the export's files`],
  "what the table does not know": ["read", says(405, "MethodNotAllowed"), `${file} can't be read (MethodNotAllowed`]
}

const inPassing: { readonly [what: string]: readonly ["list" | "read", Answer] } = {
  "too many requests": ["list", says(503, "SlowDown")],
  "a fault of S3's own": ["read", says(500, "InternalError")],
  "a connection that is gone at once": ["list", ({ socket }) => socket.destroy()],
  "a connection that is gone in the middle of a file": [
    "read",
    ({ socket }, response) => {
      response.writeHead(200, { "content-length": "1000" })
      response.write("some", () => socket.destroy())
    }
  ]
}

describe("S3 answers with", () => {
  it.effect.each(Object.keys(refusals))("%s, which is a sentence that says what to do", (name) =>
    Effect.gen(function* () {
      const [what, answers, sentence] = refusals[name]!
      const { isRetryable, message } = yield* failing(what, answers)
      assert.include(message, sentence)
      assert.isFalse(isRetryable)
    })
  )

  it.effect.each(Object.keys(inPassing))("%s, which is asked again", (name) =>
    Effect.gen(function* () {
      const { isRetryable, message } = yield* failing(...inPassing[name]!)
      assert.match(message, /^s3:\/\/shop\/exports\/.* can't be read \(/)
      assert.isTrue(isRetryable)
    })
  )
})

it.effect("credentials that can't be had are refused without asking", () =>
  Effect.gen(function* () {
    const credentials = () =>
      Promise.reject(Object.assign(new Error("no profile"), { name: "CredentialsProviderError" }))
    const { isRetryable, message } = yield* failing("list", says(500, "never asked"), { credentials })
    assert.match(message, /the credentials have ended or are none of AWS; .* \(CredentialsProviderError: no profile\)/)
    assert.isFalse(isRetryable)
  })
)

it("an address is a bucket with or without a prefix", () => {
  const places = ["s3://b", "s3://b/", "s3://b/p", "s3://b/p/q//", "s3://", "s3:/b/p"].map(locationOf)
  const at = (prefix: string) => ({ bucket: "b", prefix })
  assert.deepStrictEqual(places, [at(""), at(""), at("p/"), at("p/q/"), undefined, undefined])
})
