/** Places in S3, and the settings of the SDK's client for them. */
import type { S3ClientConfig } from "@aws-sdk/client-s3"

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

export const clientSettings = ({ credentials, endpoint, region }: Options): S3ClientConfig => ({
  followRegionRedirects: true,
  // Without time-outs of our own a lost connection would hold its object for as long as the system likes.
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  // Servers other than AWS have no name of its own for each bucket.
  ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  ...(region === undefined ? {} : { region }),
  ...(credentials === undefined ? {} : { credentials })
})
