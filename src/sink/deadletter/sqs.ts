/**
 * Dead letters in an SQS queue, one message each. The SDK is loaded with the first dead letter: a function that refuses
 * nothing does not wait for it at its start.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import * as DeadLetter from "./DeadLetter.ts"
import * as DeadLetters from "./destination.ts"
import { cut } from "../../cut.ts"
import { connect, type Connection } from "./sqsClient.ts"

export interface Options extends Connection, DeadLetters.Options {
  /**
   * The most bytes that a message, and the messages of one request together, may have. Defaults to 1 MiB, SQS's own
   * limit.
   */
  readonly requestBytesMax?: number
  /**
   * The time that the dead letters of one batch may take. What is not sent then is not taken. Defaults to 2 seconds.
   */
  readonly timeout?: Duration.Input
}

/** The most messages that one request takes (doc "Amazon SQS message quotas"). */
const requestMessagesMax = 10

/** SQS as destination. Needs permission for sqs:SendMessage on the queue. */
export const layer = (options: Options): Layer.Layer<DeadLetters.DeadLetters> =>
  Layer.effect(
    DeadLetters.DeadLetters,
    Effect.gen(function* () {
      const client = yield* connect(options)
      const { queueUrl, requestBytesMax = 2 ** 20, timeout = "2 seconds", withData = false } = options
      const send = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>, left: Map<string, string>) {
        const ask = yield* client
        const failed = yield* ask((sdk, sqs, abortSignal) =>
          sqs.send(new sdk.SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries(queueUrl, messages) }), {
            abortSignal
          })
        )
        for (const { Id, Message, Code } of failed.Failed ?? []) {
          const id = messages[Number(Id)]?.id
          if (id !== undefined) left.set(id, `SQS refused it: ${Message ?? Code ?? "no reason given"}`)
        }
      })
      return DeadLetters.DeadLetters.of({
        withData,
        put: DeadLetters.once(
          Effect.fnUntraced(function* (deadLetters) {
            const messages = deadLetters.map((deadLetter) => messageOf(deadLetter, requestBytesMax))
            const left = new Map<string, string>()
            const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeout)
            for (const group of cut(messages, ({ text }) => text.length, requestBytesMax, requestMessagesMax)) {
              const rest = Duration.millis(Math.max(0, until - (yield* Clock.currentTimeMillis)))
              yield* send(group, left).pipe(
                Effect.timeoutOrElse({
                  duration: rest,
                  orElse: () => Effect.fail(new DeadLetters.DeadLettersError({ message: `${queueUrl} did not answer` }))
                }),
                Effect.catch(({ message }) =>
                  Effect.sync(() => {
                    for (const { id } of group) left.set(id, message)
                  })
                )
              )
            }
            return left
          })
        )
      })
    })
  )

interface Message {
  readonly id: string
  /** ASCII, so that its length is its bytes. */
  readonly text: string
}

/** A dead letter too large for a message goes without the data: what a redrive needs always fits. */
const messageOf = (deadLetter: DeadLetter.DeadLetter, bytesMax: number): Message => {
  const text = DeadLetter.encode(deadLetter)
  if (text.length <= bytesMax) return { id: deadLetter.id, text }
  const [first, ...rest] = deadLetter.rows
  const bare = { ...deadLetter, rows: [withoutData(first), ...rest.map(withoutData)] as const }
  return { id: deadLetter.id, text: DeadLetter.encode(bare) }
}

const withoutData = (row: DeadLetter.Row): DeadLetter.Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== "data"))

/** A first-in-first-out queue wants a group, in which messages wait for each other: one for each dead letter. */
const entries = (queueUrl: string, messages: ReadonlyArray<Message>) =>
  messages.map(({ id, text }, i) => ({
    Id: String(i),
    MessageBody: text,
    ...(queueUrl.endsWith(".fifo") ? { MessageGroupId: id, MessageDeduplicationId: id } : {})
  }))
