/**
 * The meaning of an error of the AWS SDK for someone who follows a stream: one table from the error's name to a reason.
 * What the table does not know is taken for the network or the service when nothing says that the request is wrong,
 * because asking again loses nothing and giving up does.
 */
import { Predicate } from "effect"
import * as Api from "./stream/StreamApi.ts"

/** `subject` is the table, stream or shard that was asked for; it stands in the message. */
export const errorOf = (operation: string, subject: string, error: unknown): Api.StreamApiError => {
  const name = textOf(error, "name") ?? "an unknown error"
  const reason = reasonOf(operation, name, error)
  const message = textOf(error, "message")
  const words = message === undefined ? name : `${name}: ${message}`
  return new Api.StreamApiError({
    operation,
    reason,
    message: `${operation} of ${subject} failed with ${words}${hint(reason, name, error)}`
  })
}

const throttled = new Set([
  "LimitExceededException",
  "ThrottlingException",
  "Throttling",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "TooManyRequestsException"
])

const reasonOf = (operation: string, name: string, error: unknown): Api.StreamApiReason => {
  if (name === "ExpiredIteratorException") return new Api.IteratorExpired()
  if (name === "TrimmedDataAccessException") return new Api.RecordsTrimmed()
  if (name === "ResourceNotFoundException") return notFound(operation)
  if (throttled.has(name)) return new Api.Throttled()
  return isOurs(name, error) ? new Api.Refused() : new Api.Unavailable()
}

const notFound = (operation: string): Api.StreamApiReason => {
  if (operation === "DescribeTable") return new Api.TableMissing()
  return operation === "DescribeStream" ? new Api.StreamGone() : new Api.ShardGone()
}

const isOurs = (name: string, error: unknown): boolean => {
  if (name === "CredentialsProviderError" || isRegionMissing(error)) return true
  const status = Predicate.hasProperty(error, "$metadata")
    ? (error.$metadata as StatusHolder).httpStatusCode
    : undefined
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
}

interface StatusHolder {
  readonly httpStatusCode?: number
}

const isRegionMissing = (error: unknown) => textOf(error, "message") === "Region is missing"

const hint = (reason: Api.StreamApiReason, name: string, error: unknown): string => {
  if (reason._tag === "TableMissing") return "; check the table's name, AWS_REGION and the account of the credentials"
  // The service was not reached, as Node says it: ECONNREFUSED, ENOTFOUND.
  if (reason._tag === "Unavailable" && textOf(error, "code") !== undefined) {
    return "; check AWS_REGION or, where DynamoDB is elsewhere, --endpoint or DYNAMODB_ENDPOINT"
  }
  if (reason._tag !== "Refused") return ""
  if (name === "AccessDeniedException") return "; the role must be allowed this operation on the table and its streams"
  return "; check AWS_REGION and the credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role)"
}

const textOf = (error: unknown, property: string): string | undefined => {
  const value = Predicate.hasProperty(error, property) ? error[property] : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}
