/** A client of AWS's SDK, loaded and made when the first request is to be sent. */
import { Effect, Predicate, type Scope } from "effect"
import { DeadLettersError } from "./destination.ts"

/** One request: the SDK's own three tries, with its waits between them. */
export type Ask<Sdk, Client> = <A>(
  request: (sdk: Sdk, client: Client, abortSignal: AbortSignal) => Promise<A>
) => Effect.Effect<A, DeadLettersError>

export interface Options<Sdk, Client> {
  /** The queue or bucket, as its user would name it. */
  readonly place: string
  readonly load: () => Promise<Sdk>
  readonly make: (sdk: Sdk) => Client
  /** Endings of a sentence about an error, each by the words of the error that it is for. */
  readonly hints: ReadonlyArray<Hint>
}

type Hint = readonly [words: RegExp, hint: string]

/** The SDK and its client, made when first asked for. */
export const connect = <Sdk, Client extends { readonly destroy: () => void }>(
  options: Options<Sdk, Client>
): Effect.Effect<Effect.Effect<Ask<Sdk, Client>>, never, Scope.Scope> =>
  Effect.gen(function* () {
    let made: Client | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => made?.destroy()))
    const load = Effect.map(Effect.promise(options.load), (sdk): Ask<Sdk, Client> => {
      const client = (made ??= options.make(sdk))
      return (request) =>
        Effect.tryPromise({
          try: (abortSignal) => request(sdk, client, abortSignal),
          catch: (error) => new DeadLettersError({ message: sentence(options.place, error, options.hints) })
        })
    })
    return yield* Effect.cached(load)
  })

const sentence = (place: string, error: unknown, hints: ReadonlyArray<Hint>): string => {
  const name = Predicate.hasProperty(error, "name") && typeof error.name === "string" ? error.name : "an unknown error"
  const message = error instanceof Error && error.message !== "" ? `: ${error.message}` : ""
  const hint = [...hints, ...common].find(([words]) => words.test(name + message))?.[1] ?? ""
  return `${place} can't be used, ${name}${message}${hint}`
}

const common: ReadonlyArray<Hint> = [
  [
    /Credentials|InvalidClientTokenId|InvalidAccessKeyId|Region is missing/,
    "; check AWS_REGION and the credentials (AWS_PROFILE or a role)"
  ]
]
