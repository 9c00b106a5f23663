/**
 * {@link ExportFiles} in a bucket, over the AWS SDK. The SDK's own retries are off, as for the table: whoever reads
 * waits and asks again by a schedule it can see. Nothing is held but what is on its way: bytes are asked for as they
 * are used.
 */
import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3"
import { Effect, Layer, Stream } from "effect"
import { clientSettings, type Location, type Options } from "../../s3.ts"
import { type Entry, ExportError, ExportFiles } from "./ExportFiles.ts"
import { errorOf, type Subject } from "./s3ExportErrors.ts"

/** Needs permission for s3:ListBucket on the bucket and s3:GetObject on what is below the prefix. */
export const layerS3 = ({ bucket, prefix }: Location, options: Options = {}): Layer.Layer<ExportFiles> =>
  Layer.effect(
    ExportFiles,
    Effect.gen(function* () {
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new S3Client({ ...clientSettings(options), maxAttempts: 1 })),
        (client) => Effect.sync(() => client.destroy())
      )
      const place = `s3://${bucket}/${prefix}`
      const about = (action: Subject["action"], name: string): Subject => ({
        action,
        bucket,
        prefix,
        file: place + name
      })
      return ExportFiles.of({
        place: place.replace(/\/$/, ""),
        list: (under) =>
          Effect.tryPromise({
            try: (abortSignal) => list(client, bucket, prefix, under, abortSignal),
            catch: errorOf(about("s3:ListBucket", under))
          }),
        etag: (name) =>
          Effect.tryPromise({
            try: (abortSignal) =>
              client.send(new HeadObjectCommand({ Bucket: bucket, Key: prefix + name }), { abortSignal }),
            catch: errorOf(about("s3:GetObject", name))
          }).pipe(Effect.map(({ ETag }) => ETag?.replaceAll('"', ""))),
        read: (name) => read(client, bucket, prefix + name, about("s3:GetObject", name))
      })
    })
  )

/** Between one piece of a file and the next. */
const silenceMax = "30 seconds"

const list = async (client: S3Client, bucket: string, prefix: string, under: string, abortSignal: AbortSignal) => {
  const entries: Array<Entry> = []
  const nameOf = (key: string | undefined) => (key ?? "").slice(prefix.length)
  const request = { Bucket: bucket, Prefix: prefix + under, Delimiter: "/" }
  for await (const page of paginateListObjectsV2({ client }, request, { abortSignal })) {
    for (const { Prefix } of page.CommonPrefixes ?? []) entries.push({ name: nameOf(Prefix), etag: undefined })
    for (const { ETag, Key } of page.Contents ?? []) {
      entries.push({ name: nameOf(Key), etag: ETag?.replaceAll('"', "") })
    }
  }
  // A folder made in the console is an object named like it.
  return entries.filter(({ name }) => name !== under)
}

const read = (client: S3Client, bucket: string, key: string, subject: Subject) =>
  Stream.unwrap(
    Effect.map(
      Effect.tryPromise({
        try: (abortSignal) => client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }),
        catch: errorOf(subject)
      }),
      ({ Body }) => Stream.fromAsyncIterable(Body as AsyncIterable<Uint8Array>, errorOf(subject))
    )
  ).pipe(
    Stream.timeoutOrElse({
      duration: silenceMax,
      orElse: () =>
        Stream.fail(new ExportError({ message: `${subject.file}: no byte came for ${silenceMax}`, isRetryable: true }))
    })
  )
