/** The table of errors and what they mean, each in the form in which the SDK throws it. */
import { assert, it } from "@effect/vitest"
import { errorOf } from "../../src/source/awsErrors.ts"

const sdk = (name: string, httpStatusCode?: number, message = "words") => ({
  name,
  message,
  ...(httpStatusCode === undefined ? {} : { $metadata: { httpStatusCode } })
})

it.each([
  ["GetRecords", sdk("ExpiredIteratorException", 400), "IteratorExpired", false],
  ["GetRecords", sdk("TrimmedDataAccessException", 400), "RecordsTrimmed", false],
  ["GetShardIterator", sdk("TrimmedDataAccessException", 400), "RecordsTrimmed", false],
  ["GetRecords", sdk("ResourceNotFoundException", 400), "ShardGone", false],
  ["GetShardIterator", sdk("ResourceNotFoundException", 400), "ShardGone", false],
  ["DescribeStream", sdk("ResourceNotFoundException", 400), "StreamGone", false],
  ["DescribeTable", sdk("ResourceNotFoundException", 400), "TableMissing", false],
  ["GetRecords", sdk("LimitExceededException", 400), "Throttled", true],
  ["DescribeTable", sdk("ThrottlingException", 400), "Throttled", true],
  ["GetRecords", sdk("ProvisionedThroughputExceededException", 400), "Throttled", true],
  ["GetRecords", sdk("InternalServerError", 500), "Unavailable", true],
  ["GetRecords", sdk("ServiceUnavailable", 503), "Unavailable", true],
  ["GetRecords", sdk("UnknownError", 429), "Unavailable", true],
  ["GetRecords", sdk("TimeoutError"), "Unavailable", true],
  ["GetRecords", Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), "Unavailable", true],
  ["GetRecords", "odd", "Unavailable", true],
  ["GetRecords", sdk("AccessDeniedException", 400), "Refused", false],
  ["GetRecords", sdk("UnrecognizedClientException", 400), "Refused", false],
  ["GetRecords", sdk("ExpiredTokenException", 400), "Refused", false],
  ["GetShardIterator", sdk("ValidationException", 400), "Refused", false],
  ["DescribeTable", sdk("CredentialsProviderError"), "Refused", false],
  ["DescribeTable", new Error("Region is missing"), "Refused", false]
])("%s: %o is %s", (operation, error, reason, isRetryable) => {
  const read = errorOf(operation, "table shop", error)
  assert.deepStrictEqual([read.reason._tag, read.isRetryable], [reason, isRetryable])
  assert.match(read.message, new RegExp(`^${operation} of table shop failed with `))
})

it.each([
  ["CredentialsProviderError", /check AWS_REGION and the credentials \(AWS_ACCESS_KEY_ID/],
  ["AccessDeniedException", /the role must be allowed this operation/],
  ["ResourceNotFoundException", /check the table's name, AWS_REGION and the account/]
])("%s says what to do", (name, hint) => {
  assert.match(errorOf("DescribeTable", "shop", sdk(name, 400)).message, hint)
})

it("a service that was not reached says where its address comes from", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })
  assert.match(errorOf("DescribeTable", "shop", refused).message, /ECONNREFUSED 127.0.0.1:1; check .* --endpoint/)
})
