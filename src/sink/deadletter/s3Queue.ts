/**
 * The dead letters in a bucket of S3. An object that was made here never changes; one of which all dead letters are
 * settled is removed, and of one with others the rest is put beside it first, under the same time. So none is lost,
 * whenever that ends and whoever works off the same: at worst a dead letter that was settled is there again.
 */
import { Effect, type Scope } from "effect"
import type { DeadLettersError } from "./destination.ts"
import type { DeadLetterQueue, Message } from "./DeadLetterQueue.ts"
import { split } from "./entries.ts"
import { type Ask, type Connection, connect, objectOf, read } from "./s3Client.ts"

/** Needs permission for s3:ListBucket on the bucket, and s3:GetObject, PutObject and DeleteObject below the prefix. */
export const queue = Effect.fnUntraced(function* (
  options: Connection
): Effect.fn.Return<DeadLetterQueue, DeadLettersError, Scope.Scope> {
  const client = yield* connect(options)
  const ask: Ask = (request) => Effect.flatMap(client, (ask) => ask(request))
  const keys = yield* list(ask, options)
  const place: Place = { ask, bucket: options.bucket, settled: new Map(), counts: new Map() }
  let taken = 0
  return {
    take: Effect.gen(function* () {
      // An object whose dead letters are all gone gives nothing, which must not look like the end.
      while (taken < keys.length) {
        const some = keys.slice(taken, taken + objectsAtOnce)
        const messages = yield* Effect.forEach(some, (key) => messagesOf(place, key), { concurrency: objectsAtOnce })
        taken += some.length
        if (messages.some(({ length }) => length > 0)) return messages.flat()
      }
      return []
    }),
    remove: (handles) => remove(place, handles),
    finish: Effect.suspend(() =>
      Effect.forEach([...place.settled.keys()], (key) => putRest(place, key), { discard: true })
    ),
    size: Effect.succeed(keys.reduce((sum, key) => sum + (read(key)?.count ?? 0), 0))
  }
})

/** Objects that are read at one time. */
const objectsAtOnce = 16

interface Place {
  readonly ask: Ask
  readonly bucket: string
  /** The number of dead letters in each object that was read. */
  readonly counts: Map<string, number>
  /** Dead letters that are settled, by their places in an object that holds others too. */
  readonly settled: Map<string, Set<number>>
}

/** The objects below the prefix that were made here, the oldest first; those of other names are left alone. */
const list = (ask: Ask, { bucket, prefix }: Connection) =>
  ask(async (sdk, s3, abortSignal) => {
    const keys: Array<string> = []
    const pages = sdk.paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix }, { abortSignal })
    for await (const { Contents = [] } of pages) {
      for (const { Key } of Contents) if (Key !== undefined && read(Key) !== undefined) keys.push(Key)
    }
    return keys
  })

/** The entries of an object; none where somebody has removed it meanwhile. */
const entriesOf = ({ ask, bucket }: Place, key: string) =>
  Effect.map(
    ask(async (sdk, s3, abortSignal) => {
      try {
        const { Body } = await s3.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal })
        return (await Body?.transformToString()) ?? ""
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return ""
        throw error
      }
    }),
    (text) => {
      const { entries, unfinished } = split(text)
      return unfinished === "" ? entries : [...entries, unfinished]
    }
  )

const messagesOf = (place: Place, key: string): Effect.Effect<ReadonlyArray<Message>, DeadLettersError> =>
  Effect.map(entriesOf(place, key), (entries) => {
    place.counts.set(key, entries.length)
    return entries.map((text, i) => ({ handle: `${i} ${key}`, text }))
  })

const remove = (place: Place, handles: ReadonlyArray<string>) => {
  const { counts, settled } = place
  for (const handle of handles) {
    const [, i, key] = /^(\d+) (.*)$/s.exec(handle)!
    const own = settled.get(key!) ?? new Set()
    settled.set(key!, own.add(Number(i)))
  }
  const whole = [...settled].flatMap(([key, own]) => (own.size === counts.get(key) ? [key] : []))
  return Effect.forEach(whole, (key) => drop(place, key), { concurrency: objectsAtOnce, discard: true })
}

const drop = ({ ask, bucket, settled }: Place, key: string) =>
  Effect.map(
    ask((sdk, s3) => s3.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }))),
    () => void settled.delete(key)
  )

const putRest = Effect.fnUntraced(function* (place: Place, key: string) {
  const own = place.settled.get(key)!
  const rest = (yield* entriesOf(place, key)).filter((_, i) => !own.has(i))
  const { time } = read(key)!
  const prefix = key.slice(0, key.lastIndexOf("/") + 1)
  if (rest.length > 0) {
    const object = objectOf({ bucket: place.bucket, prefix }, time, rest)
    yield* place.ask((sdk, s3) => s3.send(new sdk.PutObjectCommand(object)))
  }
  yield* drop(place, key)
})
