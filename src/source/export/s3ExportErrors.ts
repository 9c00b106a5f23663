/**
 * The meaning of an error of S3 for someone who wants an export read: one table from its name to a sentence that says
 * what to do. What the table does not know is taken for passing when nothing says that the request is wrong.
 */
import { Predicate } from "effect"
import { ExportError } from "./ExportFiles.ts"

export interface Subject {
  readonly action: "s3:ListBucket" | "s3:GetObject"
  readonly bucket: string
  /** Empty, or ending with a slash. */
  readonly prefix: string
  /** The file that was asked for, as the user would name it. */
  readonly file: string
}

export const errorOf =
  (subject: Subject) =>
  (error: unknown): ExportError => {
    const name = textOf(error, "name") ?? "an unknown error"
    const message = textOf(error, "message")
    const status = statusOf(error)
    const known = table.find(([names]) => names.test(`${name} ${message ?? ""}`.trim()))
    const words = message === undefined || message === name ? name : `${name}: ${message}`
    if (known !== undefined) {
      return new ExportError({ message: `${known[1](subject, error)} (${words})`, isRetryable: false })
    }
    const isOurs = status !== undefined && status >= 300 && status < 500 && status !== 408 && status !== 429
    return new ExportError({ message: `${subject.file} can't be read (${words})`, isRetryable: !isOurs })
  }

const table: ReadonlyArray<readonly [RegExp, (subject: Subject, error: unknown) => string]> = [
  [/^(NoSuchBucket|InvalidBucketName)\b/, ({ bucket }) => `there is no bucket "${bucket}"; check its name`],
  [/^(NoSuchKey|NotFound)\b/, ({ file }) => `${file} is not there: the export is not whole`],
  [
    // S3 gives the time-out of a session as a refusal like others, by one of these names.
    /^(Expired\w*|TokenRefreshRequired|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch|\w*ProviderError)\b/,
    ({ file }) =>
      `${file} was not asked for, or in vain: the credentials have ended or are none of AWS; renew them ` +
      "(aws sso login, or AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN)"
  ],
  [/\bRegion is missing$/, () => "there is no region; set AWS_REGION to that of the bucket"],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint\w*|301)\b/,
    ({ bucket }, error) => `the bucket "${bucket}" is in another region; set AWS_REGION${regionOf(error)}`
  ],
  [
    /^(AccessDenied|AllAccessDisabled|Forbidden|403)\b/,
    ({ action, bucket, prefix }) =>
      `${action} is not allowed; the role and the bucket's policy must allow it on arn:aws:s3:::${bucket}` +
      (action === "s3:ListBucket" ? "" : `/${prefix}*, and kms:Decrypt where the export is encrypted with a KMS key`)
  ],
  [
    /^InvalidObjectState\b/,
    ({ file }) => `${file} is archived; restore the export's files first (aws s3api restore-object)`
  ]
]

/** ` to eu-west-1`, where S3 says so. */
const regionOf = (error: unknown): string => {
  const response = Predicate.hasProperty(error, "$response") ? error.$response : undefined
  const headers = Predicate.hasProperty(response, "headers") ? response.headers : undefined
  const region =
    textOf(headers, "x-amz-bucket-region") ??
    textOf(error, "Region") ??
    /expecting '([a-z0-9-]+)'/.exec(textOf(error, "message") ?? "")?.[1]
  return region === undefined ? " to it" : `=${region}`
}

const statusOf = (error: unknown): number | undefined =>
  Predicate.hasProperty(error, "$metadata")
    ? (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode
    : undefined

const textOf = (value: unknown, property: string): string | undefined => {
  const text = Predicate.hasProperty(value, property) ? value[property] : undefined
  return typeof text === "string" && text !== "" ? text : undefined
}
