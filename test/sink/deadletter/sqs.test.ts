/** Dead letters in a real queue server: its limits and its refusals, and what is hidden, removed or visible again. */
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { createHash } from "node:crypto"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll } from "vitest"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import * as DeadLetterQueue from "../../../src/sink/deadletter/DeadLetterQueue.ts"
import * as sqs from "../../../src/sink/deadletter/sqs.ts"
import { queue } from "../../../src/sink/deadletter/sqsQueue.ts"
import { startElasticMq } from "../../servers/ElasticMq.ts"

const server = await startElasticMq()
afterAll(() => server?.stop())

const settings = { region: "elasticmq", credentials: { accessKeyId: "local", secretAccessKey: "local" } }
const endpoint = server?.endpoint ?? "http://127.0.0.1:1"
const client = new SQSClient({ endpoint, ...settings })

const makeQueue = (name: string) =>
  Effect.promise(async () => {
    const attributes = name.endsWith(".fifo") ? { Attributes: { FifoQueue: "true" } } : {}
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, ...attributes }))
    return `${endpoint}${new URL(QueueUrl!).pathname}`
  })

const deadLetter = (n: number, about: Partial<DeadLetters.DeadLetter> = {}) =>
  DeadLetters.make({ reason: `no ${n}`, rows: [{ key: `ORDER#${n}`, sequenceNumber: String(n) }], ...about }, 0)

const put = (
  queueUrl: string,
  deadLetters: ReadonlyArray<DeadLetters.DeadLetter>,
  options: Partial<sqs.Options> = {}
) =>
  Effect.gen(function* () {
    const [first, ...rest] = deadLetters
    return yield* (yield* DeadLetters.DeadLetters).put([first!, ...rest])
  }).pipe(Effect.provide(sqs.layer({ queueUrl, timeout: "30 seconds", ...settings, ...options }), { local: true }))

const open = (queueUrl: string, purpose: "redrive" | "inspect" = "redrive") => queue({ queueUrl, purpose, ...settings })

const takeAll = Effect.fnUntraced(function* (box: DeadLetterQueue.DeadLetterQueue) {
  const all: Array<DeadLetterQueue.Message> = []
  for (;;) {
    const kept = yield* box.take
    if (kept.length === 0) return all
    all.push(...kept)
  }
})

const deadLettersIn = (kept: ReadonlyArray<DeadLetterQueue.Message>) =>
  kept.map(({ text }) => {
    const content = Result.getOrThrow(DeadLetterQueue.read(text))
    return content._tag === "DeadLetter" ? content.deadLetter : assert.fail("no dead letter")
  })

const byReason = (a: DeadLetters.DeadLetter, b: DeadLetters.DeadLetter) => (a.reason < b.reason ? -1 : 1)

describe.skipIf(server === undefined)("dead letters in SQS", () => {
  it.effect("come out as they went in, more than a request takes, and with what SQS refuses in a message", () =>
    Effect.gen(function* () {
      const queue = yield* makeQueue("whole")
      const S = "ITEM#\u0000\u001f\ufffe\uffff\ud800é🍵"
      const odd = deadLetter(0, { reason: S, rows: [{ keys: { PK: { S } } }] })
      const deadLetters = [odd, ...Array.from({ length: 24 }, (_, i) => deadLetter(i + 1))]
      assert.strictEqual((yield* put(queue, deadLetters)).size, 0)
      const box = yield* open(queue)
      assert.strictEqual(yield* box.size, 25)
      const kept = yield* takeAll(box)
      assert.deepStrictEqual(deadLettersIn(kept).toSorted(byReason), deadLetters.toSorted(byReason))
      yield* box.remove(kept.map(({ handle }) => handle))
      assert.strictEqual(yield* box.size, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("of together more than 1 MiB go in several requests; one too large goes without its data", () =>
    Effect.gen(function* () {
      const queue = yield* makeQueue("large")
      const withData = (n: number, bytes: number) =>
        deadLetter(n, {
          rows: [{ key: `ORDER#${n}`, sequenceNumber: String(n), data: { note: { S: "x".repeat(bytes) } } }]
        })
      const deadLetters = [1, 2, 3].map((n) => withData(n, 500_000))
      assert.strictEqual((yield* put(queue, [...deadLetters, withData(4, 1_100_000)])).size, 0)
      const kept = deadLettersIn(yield* takeAll(yield* open(queue, "inspect"))).toSorted(byReason)
      assert.deepStrictEqual(
        kept.map(({ rows: [{ data }] }) => JSON.stringify(data ?? null).length > 500_000),
        [true, true, true, false]
      )
      assert.strictEqual(kept[3]!.rows[0].key, "ORDER#4")
    }).pipe(Effect.scoped)
  )

  it.effect("go to a first-in-first-out queue too", () =>
    Effect.gen(function* () {
      const queue = yield* makeQueue("first.fifo")
      assert.strictEqual((yield* put(queue, [deadLetter(1), deadLetter(2)])).size, 0)
      assert.strictEqual((yield* takeAll(yield* open(queue, "inspect"))).length, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("that were taken and not removed are visible to others again when that ends", () =>
    Effect.gen(function* () {
      const queue = yield* makeQueue("again")
      yield* put(queue, [deadLetter(1), deadLetter(2), deadLetter(3)])
      yield* Effect.scoped(
        Effect.gen(function* () {
          const box = yield* open(queue)
          const kept = yield* takeAll(box)
          yield* box.remove([kept[0]!.handle])
          assert.deepStrictEqual(yield* takeAll(yield* open(queue)), [])
        })
      )
      const kept = deadLettersIn(yield* takeAll(yield* open(queue)))
      assert.strictEqual(kept.length, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("can't be put into a queue that is not there, which is a sentence", () =>
    Effect.gen(function* () {
      const left = yield* put(`${endpoint}/000000000000/nowhere`, [deadLetter(1)])
      assert.match(left.get(deadLetter(1).id)!, /nowhere can't be used.*check the queue's URL/)
    })
  )
})

describe("dead letters in SQS, without a real server", () => {
  it.effect("are not taken when nobody answers", () =>
    Effect.gen(function* () {
      const left = yield* put("http://127.0.0.1:1/000000000000/letters", [deadLetter(1)])
      assert.include(left.get(deadLetter(1).id)!, "ECONNREFUSED")
    })
  )

  it.effect("are told one by one where some of a request are refused", () =>
    Effect.gen(function* () {
      const queue = yield* answering(([first, second]) => ({
        Successful: [{ Id: first!.Id, MessageId: "1", MD5OfMessageBody: md5(first!.MessageBody) }],
        Failed: [{ Id: second!.Id, SenderFault: false, Code: "InternalError" }]
      }))
      const left = yield* put(queue, [deadLetter(1), deadLetter(2)])
      assert.deepStrictEqual(left, new Map([[deadLetter(2).id, "SQS refused it: InternalError"]]))
    }).pipe(Effect.scoped)
  )
})

interface Entry {
  readonly Id: string
  readonly MessageBody: string
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex")

/** The URL of a queue whose server gives this answer to every batch. */
const answering = (answer: (entries: ReadonlyArray<Entry>) => object) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (text) => (body += String(text)))
        request.on("end", () => {
          response.setHeader("content-type", "application/x-amz-json-1.0")
          response.end(JSON.stringify(answer(JSON.parse(body).Entries)))
        })
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/letters`))
