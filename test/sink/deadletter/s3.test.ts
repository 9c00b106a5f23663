/** Dead letters in a real server of S3 that checks checksums: how they are put, listed, worked off, and not lost. */
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client
} from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll } from "vitest"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as s3 from "../../../src/sink/deadletter/s3.ts"
import { queue } from "../../../src/sink/deadletter/s3Queue.ts"
import { startS3Mock } from "../../servers/S3Mock.ts"

const server = await startS3Mock()
const endpoint = server?.endpoint ?? "http://127.0.0.1:1"
const settings = { endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } }
const client = new S3Client({ forcePathStyle: true, ...settings })
afterAll(() => {
  client.destroy()
  return server?.stop()
})
const bucket = "dead-letters"
if (server !== undefined) await client.send(new CreateBucketCommand({ Bucket: bucket }))

const deadLetter = (n: number) =>
  DeadLetters.make({ reason: `no ${n}`, rows: [{ key: `ORDER#${n}`, sequenceNumber: String(n) }] }, 0)

const ids = (...ns: ReadonlyArray<number>) => ns.map((n) => deadLetter(n).id)

const send = Effect.fnUntraced(function* (...ns: ReadonlyArray<number>) {
  const [first, ...rest] = ns.map(deadLetter)
  return yield* (yield* DeadLetters.DeadLetters).put([first!, ...rest])
})

const place = (name: string) => ({ bucket, prefix: `${name}/`, ...settings })

const layer = (name: string, options: Partial<s3.Options> = {}) =>
  Layer.fresh(s3.layer({ ...place(name), timeout: "30 seconds", ...options }))

/** As another container, which remembers nothing. */
const put = (name: string, ...ns: ReadonlyArray<number>) => Effect.provide(send(...ns), layer(name))

const keys = (name: string) =>
  Effect.promise(async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${name}/` }))
    return Contents.map(({ Key }) => Key!)
  })

const text = (key: string) =>
  Effect.promise(async () => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return (await Body?.transformToString()) ?? ""
  })

const takeAll = (name: string, use: Effect.Effect<void> = Effect.void) =>
  Effect.scoped(
    Effect.gen(function* () {
      const box = yield* queue(place(name))
      const taken: Array<{ readonly handle: string; readonly id: string }> = []
      for (;;) {
        const messages = yield* box.take
        if (messages.length === 0) break
        taken.push(...messages.map(({ handle, text }) => ({ handle, id: String(JSON.parse(text).id) })))
      }
      yield* use
      return { size: yield* box.size, ids: taken.map(({ id }) => id) }
    })
  )

/** Works off as `redrive` does: what the function says is settled goes. */
const workOff = (
  name: string,
  isSettled: (id: string) => boolean,
  meanwhile: Effect.Effect<unknown, unknown> = Effect.void
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const box = yield* queue(place(name))
      for (;;) {
        const messages = yield* box.take
        if (messages.length === 0) break
        yield* meanwhile
        yield* box.remove(messages.flatMap(({ handle, text }) => (isSettled(JSON.parse(text).id) ? [handle] : [])))
      }
      yield* box.finish
    })
  )

describe.skipIf(server === undefined)("dead letters in S3", () => {
  it.effect("of one batch are one object, in the form of a file, and names sort by time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
      yield* put("whole", 1, 2)
      yield* TestClock.adjust("1 millis")
      yield* put("whole", 3)
      const [first, second] = yield* keys("whole")
      assert.match(first!, /^whole\/20260102T030405\.006Z-[0-9a-f]{16}-2\.ndjson$/)
      assert.match(second!, /^whole\/20260102T030405\.007Z-[0-9a-f]{16}-1\.ndjson$/)
      assert.strictEqual(yield* text(first!), [1, 2].map((n) => `${DeadLetters.encode(deadLetter(n))}\n`).join(""))
      assert.deepStrictEqual(yield* takeAll("whole"), { size: 3, ids: ids(1, 2, 3) })
    })
  )

  it.live("arrive whole: the server refuses a body that its checksum does not fit", () =>
    Effect.gen(function* () {
      const wrong = { Bucket: bucket, Key: "damaged/1", Body: "x", ChecksumSHA256: Buffer.alloc(32).toString("base64") }
      const refused = yield* Effect.flip(Effect.tryPromise(() => client.send(new PutObjectCommand(wrong))))
      assert.match(String(refused.cause), /checksum|BadDigest|SHA256/i)
    })
  )

  it.live("that are settled go, those that are not stay, and objects of other names are left alone", () =>
    Effect.gen(function* () {
      yield* put("work", 1, 2, 3)
      yield* put("work", 4)
      yield* Effect.promise(() =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: "work/notes.txt", Body: "by hand" }))
      )
      yield* workOff("work", (id) => !ids(2).includes(id))
      assert.deepStrictEqual(yield* takeAll("work"), { size: 1, ids: ids(2) })
      assert.strictEqual((yield* keys("work")).length, 2)
      yield* workOff("work", () => true)
      assert.deepStrictEqual(yield* keys("work"), ["work/notes.txt"])
    })
  )

  it.live("come to no harm where two work them off, or new ones come meanwhile", () =>
    Effect.gen(function* () {
      yield* put("two", 1, 2, 3)
      const other = workOff("two", (id) => ids(1).includes(id))
      yield* workOff("two", (id) => ids(2).includes(id), Effect.andThen(other, put("two", 4)))
      const left = yield* takeAll("two")
      assert.includeMembers(left.ids, ids(3, 4))
      assert.strictEqual(new Set(left.ids).size, left.ids.length)
    })
  )

  it.live("are many: each is taken once, over many objects", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 40 }, (_, i) => i)
      for (const n of all) yield* put("many", n)
      const taken = yield* takeAll("many")
      assert.deepStrictEqual([taken.size, new Set(taken.ids).size], [40, 40])
    })
  )

  it.live("that a container has sent are not sent again within an hour", () =>
    Effect.gen(function* () {
      yield* Effect.andThen(send(1), send(1, 2)).pipe(Effect.provide(layer("once")))
      assert.deepStrictEqual((yield* takeAll("once")).ids.toSorted(), ids(1, 2).toSorted())
    })
  )

  it.live("can't be put into a bucket that is not there, or taken from it, which is a sentence", () =>
    Effect.gen(function* () {
      const left = yield* send(1).pipe(Effect.provide(layer("nowhere", { bucket: "nowhere" })))
      assert.match(
        left.get(ids(1)[0]!)!,
        /^s3:\/\/nowhere\/nowhere\/ can't be used, NoSuchBucket.*check the bucket's name/
      )
      const error = yield* Effect.flip(Effect.scoped(queue({ ...place("nowhere"), bucket: "nowhere" })))
      assert.include(error.message, "check the bucket's name")
    })
  )
})

describe("dead letters in S3, without a real server", () => {
  it.effect("are not taken when nobody answers", () =>
    Effect.gen(function* () {
      const left = yield* send(1, 2).pipe(Effect.provide(layer("nobody", { endpoint: "http://127.0.0.1:1" })))
      assert.deepStrictEqual([...left.keys()], ids(1, 2))
      assert.include([...left.values()].join(), "ECONNREFUSED")
    })
  )

  it.effect("go with the checksum of what is put", () =>
    Effect.gen(function* () {
      const requests: Array<{ readonly sum: unknown; readonly body: string }> = []
      const endpoint = yield* answering((request, body) => {
        requests.push({ sum: request.headers["x-amz-checksum-sha256"], body })
      })
      assert.strictEqual((yield* send(1).pipe(Effect.provide(layer("sums", { endpoint })))).size, 0)
      const [{ body, sum }] = requests as [(typeof requests)[number]]
      assert.strictEqual(body, `${DeadLetters.encode(deadLetter(1))}\n`)
      assert.strictEqual(sum, createHash("sha256").update(body).digest("base64"))
    }).pipe(Effect.scoped)
  )

  it.effect("are not taken where the server has not answered in time", () =>
    Effect.gen(function* () {
      const endpoint = yield* answering(() => false)
      const asked = yield* Effect.forkChild(
        send(1).pipe(Effect.provide(layer("late", { endpoint, timeout: "2 seconds" })))
      )
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual([...(yield* Fiber.join(asked)).values()], ["s3://dead-letters/late/ did not answer"])
    }).pipe(Effect.scoped)
  )

  const built = (layer: Layer.Layer<never, DeadLetters.DeadLettersError>, env: { readonly [name: string]: string }) =>
    Effect.scoped(Layer.build(Layer.fresh(layer))).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
      Effect.match({ onFailure: ({ message }) => message, onSuccess: () => "built" })
    )

  it.effect("have settings: one for the other destination is an error, not nowhere", () =>
    Effect.gen(function* () {
      const queueUrl = { DEAD_LETTER_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/dead-letters" }
      const bucketUrl = { DEAD_LETTER_BUCKET_URL: "s3://dead-letters/shop" }
      assert.strictEqual(yield* built(s3.layerConfig, bucketUrl), "built")
      assert.strictEqual(yield* built(s3.layerConfig, {}), "built")
      assert.include(yield* built(s3.layerConfig, queueUrl), "take DeadLetters.layerConfig")
      assert.include(yield* built(DeadLetters.layerConfig, bucketUrl), "take DeadLettersS3.layerConfig")
      assert.include(
        yield* built(s3.layerConfig, { DEAD_LETTER_BUCKET_URL: "letters" }),
        "must be a place in S3 like s3:"
      )
    })
  )
})

/** The address of a server that takes every request, or leaves it without an answer. */
const answering = (onRequest: (request: IncomingMessage, body: string) => void | false) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (text) => (body += String(text)))
        request.on("end", () => {
          if (onRequest(request, body) !== false) response.end()
        })
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))
