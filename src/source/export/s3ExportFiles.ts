/**
 * {@link ExportFiles} in a bucket, over the AWS SDK. The SDK's own retries are off, as for the table: whoever reads
 * waits and asks again by a schedule it can see. Nothing is held but what is on its way: bytes are asked for as they
 * are used.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import { GetObjectCommand, paginateListObjectsV2, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import { Effect, Layer, Stream } from "effect"
import type { Readable } from "node:stream"
import { type Entry, ExportError, ExportFiles } from "./ExportFiles.ts"
import { errorOf, type Subject } from "./s3ExportErrors.ts"

export interface Location {
  readonly bucket: string
  /** Empty, or ending with a slash. */
  readonly prefix: string
}

/** Reads `s3://bucket/prefix`, with or without a slash at its end; nothing where it is no such address. */
export const locationOf = (address: string): Location | undefined => {
  const [, bucket, path = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(address) ?? []
  return bucket === undefined ? undefined : { bucket, prefix: path.replace(/\/*$/, path === "" ? "" : "/") }
}

export interface Options {
  /** Such as `http://localhost:9090`. Defaults to AWS_ENDPOINT_URL_S3, then to that of the bucket's region. */
  readonly endpoint?: string | undefined
  /** Defaults to what the SDK finds: AWS_REGION, then the profile. A bucket elsewhere is found all the same. */
  readonly region?: string | undefined
  /** Defaults to what the SDK finds: environment, profile, container or instance role. */
  readonly credentials?: S3ClientConfig["credentials"]
}

/** Needs permission for s3:ListBucket on the bucket and s3:GetObject on what is below the prefix. */
export const layerS3 = ({ bucket, prefix }: Location, options: Options = {}): Layer.Layer<ExportFiles> =>
  Layer.effect(
    ExportFiles,
    Effect.gen(function* () {
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new S3Client(clientSettings(options))),
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
        read: (name) => read(client, bucket, prefix + name, about("s3:GetObject", name))
      })
    })
  )

/** Between one piece of a file and the next. */
const silenceMax = "30 seconds"

const clientSettings = ({ credentials, endpoint, region }: Options): S3ClientConfig => ({
  maxAttempts: 1,
  followRegionRedirects: true,
  // Without time-outs of our own a lost connection would hold its file for as long as the system likes.
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  // Servers other than AWS have no name of its own for each bucket.
  ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  ...(region === undefined ? {} : { region }),
  ...(credentials === undefined ? {} : { credentials })
})

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
      ({ Body }) =>
        NodeStream.fromReadable<Uint8Array, ExportError>({
          evaluate: () => Body as Readable,
          onError: errorOf(subject)
        })
    )
  ).pipe(
    Stream.timeoutOrElse({
      duration: silenceMax,
      orElse: () =>
        Stream.fail(new ExportError({ message: `${subject.file}: no byte came for ${silenceMax}`, isRetryable: true }))
    })
  )
