/** The SDK's client for a place in S3 that dead letters are kept in, and the names that they have there. */
import type { S3Client } from "@aws-sdk/client-s3"
import { createHash } from "node:crypto"
import * as IsoTime from "../../IsoTime.ts"
import { clientSettings, type Location, type Options } from "../../s3.ts"
import * as awsClient from "./awsClient.ts"

type Sdk = typeof import("@aws-sdk/client-s3")

export type Ask = awsClient.Ask<Sdk, S3Client>

export interface Connection extends Location, Options {}

export const connect = (options: Connection) =>
  awsClient.connect({
    place: placeOf(options),
    load: () => import("@aws-sdk/client-s3"),
    make: (sdk) => new sdk.S3Client(clientSettings(options)),
    hints: [
      [/NoSuchBucket|InvalidBucketName/, "; check the bucket's name"],
      [/AccessDenied|Forbidden/, "; the role must be allowed this on the bucket, and on the key that encrypts it"]
    ]
  })

/** The place as its user would name it. */
export const placeOf = ({ bucket, prefix }: Location): string => `s3://${bucket}/${prefix}`

/**
 * Makes the request that puts dead letters as one object, a line for each. The name begins with the time, so that names
 * sort by it, and ends with a hash of the content and the number of lines. What is put twice at one time is one object.
 * S3 refuses what does not arrive with its checksum.
 */
export const objectOf = ({ bucket, prefix }: Location, time: string, lines: ReadonlyArray<string>) => {
  const text = lines.map((line) => `${line}\n`).join("")
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16)
  return {
    Bucket: bucket,
    Key: `${prefix}${time}-${hash}-${lines.length}.ndjson`,
    Body: text,
    ContentType: "application/x-ndjson",
    ChecksumAlgorithm: "SHA256" as const
  }
}

/** The time at the beginning of a name, without the signs that keys of S3 had better not have. */
export const timeOf = (epochMillis: number): string => IsoTime.format(epochMillis).replaceAll(/[-:]/g, "")

const name = /(?:^|\/)(\d{8}T\d{6}\.\d{3}Z)-[0-9a-f]{16}-(\d+)\.ndjson$/

/** Reads the name of an object; nothing where it is none that was made here. */
export const read = (key: string): { readonly time: string; readonly count: number } | undefined => {
  const [, time, count] = name.exec(key) ?? []
  return time === undefined ? undefined : { time, count: Number(count) }
}
