/** Dead letters in S3 with exactly the rights that the policies give: each request is held against them. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll } from "vitest"
import * as policies from "../../src/deploy/policies.ts"
import * as DeadLetters from "../../src/sink/deadletter/DeadLetters.ts"
import * as s3 from "../../src/sink/deadletter/s3.ts"
import { queue } from "../../src/sink/deadletter/s3Queue.ts"
import { startS3Mock } from "../servers/S3Mock.ts"
import { record } from "../whole/long/Recorder.ts"
import * as iam from "./iam.ts"

const server = await startS3Mock()
afterAll(() => server?.stop())

describe.skipIf(server === undefined)("dead letters in S3, with the least rights", () => {
  it.live("are put by the function, and worked off by who runs the commands", () =>
    Effect.gen(function* () {
      const credentials = { accessKeyId: "local", secretAccessKey: "local" }
      const own = { region: "us-east-1", credentials }
      const maker = new S3Client({ endpoint: server!.endpoint, forcePathStyle: true, ...own })
      yield* Effect.promise(() => maker.send(new CreateBucketCommand({ Bucket: "rights" })))
      maker.destroy()
      const recorder = yield* Effect.promise(() => record(server!.endpoint))
      const place = { bucket: "rights", prefix: "shop/", endpoint: recorder.address, ...own }
      const calls = (): ReadonlyArray<iam.Call> =>
        recorder.asked.splice(0).map(({ method, path }) => {
          const resource = decodeURIComponent(path).replace(/^\/|\/$/g, "")
          const isBucket = resource === "rights"
          const name = `${method.charAt(0)}${method.slice(1).toLowerCase()}`
          return {
            action: isBucket ? "s3:ListBucket" : `s3:${name}Object`,
            resource: `arn:aws:s3:::${resource}`
          }
        })
      const bucket = { arn: "arn:aws:s3:::rights", prefix: "shop/" }
      const places = { tableArn: "", domainArn: "", bucket, aliases: [] }
      const ofS3 = ({ Statement, Version }: policies.Policy): policies.Policy => ({
        Version,
        Statement: Statement.filter(({ Action }) => Action.some((action) => action.startsWith("s3:")))
      })

      const of = (n: number) => DeadLetters.make({ reason: "no", rows: [{ key: String(n) }] }, 0)
      const send = Effect.flatMap(DeadLetters.DeadLetters, ({ put }) => put([of(1), of(2)]))
      assert.strictEqual((yield* send.pipe(Effect.provide(s3.layer(place)))).size, 0)
      const sent = calls()
      assert.deepStrictEqual(iam.refused(policies.ofFunction(places), sent), [])
      assert.deepStrictEqual(iam.unused(ofS3(policies.ofFunction(places)), sent), [])

      const box = yield* queue(place)
      const [first] = yield* box.take
      yield* box.remove([first!.handle])
      yield* box.finish
      const worked = calls()
      assert.deepStrictEqual(iam.refused(policies.ofOperator(places), worked), [])
      assert.deepStrictEqual(iam.unused(ofS3(policies.ofOperator(places)), worked), [])
      recorder.stop()
    }).pipe(Effect.scoped)
  )
})
