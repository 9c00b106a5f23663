/**
 * Stream records out of a file: one Lambda event, an array of events or records, or one of them per line, and what
 * Lambda puts into S3 of batches that it gave up. A line that cannot be read stays in its place as a malformed record
 * that names file and line, and the lines around it are read; a file that holds nothing of the kind is refused as a
 * whole.
 */
import { Predicate, Result } from "effect"
import * as LambdaEvent from "./LambdaEvent.ts"
import { isGivenUp } from "./otherForms.ts"
import { malformed, type ReadRecord, readStreamRecord } from "./streamRecord.ts"

type Read = Result.Result<ReadonlyArray<ReadRecord>, LambdaEvent.NotAStreamEvent>

/**
 * Reads the text of a file. `file` is only for the words of an error. `streamArn` stands for the stream that records
 * name, or do not name, as in the output of `aws dynamodbstreams get-records`.
 */
export const read = (file: string, text: string, options?: { readonly streamArn?: string | undefined }): Read => {
  const whole = parse(text)
  if (Result.isFailure(whole)) return readLines(file, text, options?.streamArn)
  const values: ReadonlyArray<unknown> = Array.isArray(whole.success) ? whole.success : [whole.success]
  const records: Array<ReadRecord> = []
  for (const [i, value] of values.entries()) {
    const place = Array.isArray(whole.success) ? `${file} element ${i + 1}` : `${file}:1`
    const read = readValue(value, place, options?.streamArn)
    if (Result.isFailure(read)) return Result.fail({ ...read.failure, message: `${place}: ${read.failure.message}` })
    for (const record of read.success) records.push(record)
  }
  return Result.succeed(records)
}

const readLines = (file: string, text: string, streamArn: string | undefined): Read => {
  const records: Array<ReadRecord> = []
  let understood = false
  let refused: string | undefined
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue
    const place = `${file}:${i + 1}`
    const value = parse(line)
    if (Result.isFailure(value)) {
      records.push(malformed(place, `is not JSON${value.failure}`))
      continue
    }
    const read = readValue(value.success, place, streamArn)
    if (Result.isFailure(read)) {
      records.push(malformed(place, `cannot be read: ${read.failure.message}`))
      refused ??= `${place}: ${read.failure.message}`
      continue
    }
    understood = true
    for (const record of read.success) records.push(record)
  }
  if (understood || records.length === 0) return Result.succeed(records)
  return Result.fail({
    _tag: "NotAStreamEvent",
    message:
      refused ??
      `${file}: expected a DynamoDB stream event, an array of them or of records, or one of them per line` +
        (text.includes("}{")
          ? "; several values on one line, as Firehose writes them, are to be put on lines each"
          : "")
  })
}

const readValue = (value: unknown, place: string, streamArn: string | undefined): Read => {
  if (Predicate.hasProperty(value, "dynamodb")) return Result.succeed([readStreamRecord(value, place, streamArn)])
  if (isGivenUp(value) && value["payload"] !== undefined) return readPayload(value["payload"], place, streamArn)
  return LambdaEvent.read(value, { streamArn }).pipe(
    Result.map((records) => records.map(Result.mapError((bad) => ({ ...bad, message: `${place} ${bad.message}` }))))
  )
}

/** The event of a batch that Lambda gave up, which it keeps as text. */
const readPayload = (payload: unknown, place: string, streamArn: string | undefined): Read => {
  const event = typeof payload === "string" ? parse(payload) : Result.succeed(payload)
  if (Result.isFailure(event))
    return Result.succeed([malformed(place, `has a payload that is not JSON${event.failure}`)])
  return readValue(event.success, `${place} payload`, streamArn)
}

// The engine's own message quotes the text, which may be a row's data: only the column is taken from it.
const parse = (text: string): Result.Result<unknown, string> =>
  Result.try({
    try: () => JSON.parse(text) as unknown,
    catch: (error) => {
      const column = /\(line 1 column (\d+)\)/.exec(String(error))?.[1]
      return column === undefined ? "" : ` (column ${column})`
    }
  })
