/**
 * The dead letters in an SQS queue. Messages that were received stay hidden from others; those that are not removed are
 * visible again when the scope ends, or when their time is up.
 */
import { Effect, type Scope } from "effect"
import type { DeadLettersError } from "./DeadLetters.ts"
import { cut } from "../../cut.ts"
import type { Message, DeadLetterQueue } from "./DeadLetterQueue.ts"
import { type Ask, connect, type Connection } from "./sqsClient.ts"

export interface Options extends Connection {
  /**
   * Working dead letters off takes time, looking at them does not: they are hidden for 15 minutes, or for 30 seconds.
   */
  readonly purpose: "redrive" | "inspect"
}

const hiddenSeconds = { redrive: 900, inspect: 30 } as const

/** Needs permission for sqs:ReceiveMessage, DeleteMessage, ChangeMessageVisibility and GetQueueAttributes. */
export const queue = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<DeadLetterQueue, never, Scope.Scope> {
  const client = yield* connect(options)
  const queue: Queue = {
    ...options,
    held: new Map(),
    removed: new Set(),
    ask: (request) => Effect.flatMap(client, (ask) => ask(request))
  }
  yield* Effect.addFinalizer(() => Effect.ignore(release(queue)))
  return {
    take: receive(queue),
    remove: (handles) => remove(queue, handles),
    finish: Effect.void,
    size: Effect.map(
      queue.ask((sdk, sqs) =>
        sqs.send(
          new sdk.GetQueueAttributesCommand({
            QueueUrl: queue.queueUrl,
            AttributeNames: ["ApproximateNumberOfMessages"]
          })
        )
      ),
      ({ Attributes }) => Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0)
    )
  }
})

interface Queue extends Options {
  /** Receipt handles of what is hidden, by message id. */
  readonly held: Map<string, string>
  readonly removed: Set<string>
  readonly ask: Ask
}

/** Receives what was not received before; a message whose time was up comes again, with another receipt. */
const receive = Effect.fnUntraced(function* ({ ask, held, purpose, queueUrl, removed }: Queue) {
  const { Messages = [] } = yield* ask((sdk, sqs, abortSignal) =>
    sqs.send(
      new sdk.ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: hiddenSeconds[purpose],
        // Without a wait SQS asks only some of its servers, and may answer with nothing though there is something.
        WaitTimeSeconds: 1
      }),
      { abortSignal }
    )
  )
  return Messages.flatMap(({ Body, MessageId, ReceiptHandle }): ReadonlyArray<Message> => {
    if (MessageId === undefined || ReceiptHandle === undefined) return []
    const isNew = !held.has(MessageId) && !removed.has(MessageId)
    held.set(MessageId, ReceiptHandle)
    return isNew ? [{ handle: MessageId, text: Body ?? "" }] : []
  })
})

const remove = Effect.fnUntraced(function* (queue: Queue, handles: ReadonlyArray<string>) {
  const failed = yield* inTens(queue, handles, (Entries) =>
    queue.ask((sdk, sqs) => sqs.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: queue.queueUrl, Entries })))
  )
  for (const handle of handles) {
    queue.held.delete(handle)
    queue.removed.add(handle)
  }
  if (failed > 0) yield* Effect.logWarning(`${failed} settled messages could not be removed from ${queue.queueUrl}`)
})

const release = (queue: Queue) =>
  inTens(queue, [...queue.held.keys()], (entries) =>
    queue.ask((sdk, sqs) =>
      sqs.send(
        new sdk.ChangeMessageVisibilityBatchCommand({
          QueueUrl: queue.queueUrl,
          Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }))
        })
      )
    )
  )

type Entries = Array<{ readonly Id: string; readonly ReceiptHandle: string }>

/** Sends requests for ten messages at a time. Gives the number of messages for which they failed. */
const inTens = (
  { held }: Queue,
  handles: ReadonlyArray<string>,
  request: (
    entries: Entries
  ) => Effect.Effect<{ readonly Failed?: ReadonlyArray<unknown> | undefined }, DeadLettersError>
) =>
  Effect.map(
    Effect.forEach(
      cut(handles, () => 1, Number.POSITIVE_INFINITY, 10),
      (ids) => request(ids.map((id, i) => ({ Id: String(i), ReceiptHandle: held.get(id) ?? "" })))
    ),
    (answers) => answers.reduce((sum, { Failed = [] }) => sum + Failed.length, 0)
  )
