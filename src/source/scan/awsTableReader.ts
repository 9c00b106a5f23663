/** {@link TableReader} over the AWS SDK, for AWS and for DynamoDB Local: BatchGetItem, a hundred rows at a time. */
import {
  type AttributeValue as AwsValue,
  BatchGetItemCommand,
  DescribeTableCommand,
  DynamoDBClient
} from "@aws-sdk/client-dynamodb"
import { Effect, Layer, Schedule } from "effect"
import { Base64 } from "effect/encoding"
import * as Arn from "../../Arn.ts"
import { errorOf } from "../awsErrors.ts"
import { clientSettings, keyNamesOf, type Options } from "../dynamoDbClient.ts"
import type { Attributes, AttributeValue } from "../Change.ts"
import type { StreamApiError } from "../stream/StreamApi.ts"
import type { KeyNames } from "../../KeyNames.ts"
import { TableReader, TableReadError } from "./TableReader.ts"

/**
 * The most keys that one BatchGetItem takes (doc "BatchGetItem"). It answers with 16 MB at most and leaves the rest
 * unprocessed.
 */
const keysMax = 100

/** 0.1, 0.2, 0.4, … up to 5 seconds, eight times: about 15 seconds in all. */
const backoff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 8 })
)

/**
 * Needs permission for DescribeTable and BatchGetItem on the table. A table is described before its first row is read:
 * one of the same name in another account or region would answer that all rows are gone.
 */
export const layerAws = (options: Options = {}): Layer.Layer<TableReader> =>
  Layer.effect(
    TableReader,
    Effect.gen(function* () {
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new DynamoDBClient(clientSettings(options))),
        (client) => Effect.sync(() => client.destroy())
      )
      const checked = new Map<string, KeyNames>()
      const keyNames = Effect.fnUntraced(function* (tableArn: string) {
        const names = checked.get(tableArn) ?? (yield* describe(client, tableArn))
        checked.set(tableArn, names)
        return names
      })
      const read = Effect.fnUntraced(function* (
        tableArn: string,
        keys: ReadonlyArray<Attributes>,
        attributes: "all" | "keys"
      ) {
        if (keys.length === 0) return []
        yield* keyNames(tableArn)
        // One key twice in a request is refused.
        const unique = [...new Map(keys.map((key) => [textOf(key), key])).values()]
        const rows = new Map<string, Attributes>()
        for (let i = 0; i < unique.length; i += keysMax) {
          yield* readInto(rows, client, Arn.nameOf(tableArn), unique.slice(i, i + keysMax), attributes)
        }
        return keys.map((key) => rows.get(textOf(key)))
      })
      return TableReader.of({
        keyNames,
        rows: (tableArn, keys) => read(tableArn, keys, "all"),
        has: (tableArn, keys) =>
          Effect.map(read(tableArn, keys, "keys"), (rows) => rows.map((row) => row !== undefined))
      })
    })
  )

const describe = Effect.fnUntraced(function* (client: DynamoDBClient, tableArn: string) {
  const name = Arn.nameOf(tableArn)
  const request = once("DescribeTable", name, (abortSignal) =>
    client.send(new DescribeTableCommand({ TableName: name }), { abortSignal })
  )
  const { Table } = yield* patiently(request)
  if (Table?.TableArn === tableArn) return keyNamesOf(Table)
  return yield* new TableReadError({
    isRetryable: false,
    message:
      `the rows are of ${tableArn}, but the table "${name}" found here is ${Table?.TableArn ?? "without ARN"}; ` +
      "check AWS_REGION and the account of the credentials"
  })
})

/** Asks until no key is left unprocessed; gives up where eight answers in a row process none. */
const readInto = Effect.fnUntraced(function* (
  rows: Map<string, Attributes>,
  client: DynamoDBClient,
  name: string,
  keys: ReadonlyArray<Attributes>,
  attributes: "all" | "keys"
) {
  const projection = attributes === "all" ? {} : projectionOf(Object.keys(keys[0]!))
  let left = keys
  const request = Effect.gen(function* () {
    const { Responses, UnprocessedKeys } = yield* once("BatchGetItem", name, (abortSignal) =>
      client.send(
        new BatchGetItemCommand({
          RequestItems: { [name]: { ConsistentRead: true, Keys: left.map(toAws), ...projection } }
        }),
        { abortSignal }
      )
    )
    for (const row of (Responses?.[name] ?? []) as ReadonlyArray<Attributes>) rows.set(textOf(pick(row, keys[0]!)), row)
    const open = (UnprocessedKeys?.[name]?.Keys ?? []) as ReadonlyArray<Attributes>
    const isStuck = open.length === left.length
    left = open
    if (isStuck) return yield* new TableReadError({ isRetryable: true, message: `"${name}" processes no key` })
  })
  while (left.length > 0) yield* patiently(request)
})

/** A key may have a name that an expression does not take as it is. */
const projectionOf = (names: ReadonlyArray<string>) => ({
  ProjectionExpression: names.map((_, i) => `#k${i}`).join(","),
  ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#k${i}`, name]))
})

type Send<A> = (signal: AbortSignal) => Promise<A>

const once = <A>(operation: string, subject: string, send: Send<A>) =>
  Effect.tryPromise({ try: send, catch: (error) => toReadError(errorOf(operation, subject, error)) })

const patiently = <A>(request: Effect.Effect<A, TableReadError>) =>
  Effect.retry(request, { schedule: backoff, while: ({ isRetryable }) => isRetryable })

const toReadError = ({ isRetryable, message }: StreamApiError) => new TableReadError({ isRetryable, message })

const pick = (row: Attributes, like: Attributes): Attributes =>
  Object.fromEntries(Object.keys(like).map((name) => [name, row[name]!]))

/** One text for each key; bytes and their base64 are the same. */
const textOf = (key: Attributes): string =>
  JSON.stringify(
    Object.keys(key)
      .sort()
      .map((name) => {
        const value = key[name]!
        return [name, "B" in value && typeof value.B !== "string" ? { B: Base64.encode(value.B) } : value]
      })
  )

/** The SDK takes bytes where dead letters and events have base64. */
const toAws = (key: Attributes): Record<string, AwsValue> =>
  Object.fromEntries(Object.entries(key).map(([name, value]) => [name, bytesOf(value)]))

const bytesOf = (value: AttributeValue): AwsValue =>
  "B" in value && typeof value.B === "string" ? { B: Buffer.from(value.B, "base64") } : (value as AwsValue)
