/** Settings out of the environment, by Effect's `Config`. One that is empty counts as not set. */
import { Config, Data, Effect, Option } from "effect"

/** A setting that is missing, or holds what is not accepted. The message names it and lists what is. */
export class SettingError extends Data.TaggedError("SettingError")<{ readonly message: string }> {}

/** The text of a setting; `undefined` where it is not set. */
export const text = (name: string): Effect.Effect<string | undefined, SettingError> =>
  Effect.mapBoth(Config.option(Config.String(name)), {
    onFailure: ({ message }) => new SettingError({ message: `${name} can't be read: ${message}` }),
    onSuccess: Option.getOrUndefined
  })

/** The text of a setting that must be there; `what` says in words what it must be. */
export const required = (name: string, what: string): Effect.Effect<string, SettingError> =>
  Effect.flatMap(text(name), (found) =>
    found === undefined
      ? Effect.fail(new SettingError({ message: `${name} is not set; it must be ${what}` }))
      : Effect.succeed(found)
  )

/** A setting that holds one of a few texts; `undefined` where it is not set. */
export const oneOf = Effect.fnUntraced(function* <const T extends string>(
  name: string,
  accepted: ReadonlyArray<T>
): Effect.fn.Return<T | undefined, SettingError> {
  const found = yield* text(name)
  const value = accepted.find((each) => each === found)
  if (found === undefined || value !== undefined) return value
  const last = accepted.at(-1)!
  const list = accepted.length === 1 ? last : `${accepted.slice(0, -1).join(", ")} or ${last}`
  return yield* new SettingError({ message: `${name} is "${found}"; it must be ${list}` })
})

const no = ["false", "no", "off", "0"] as const
const yes = ["true", "yes", "on", "1"] as const

/** A setting that is true or false; `undefined` where it is not set. */
export const flag = (name: string): Effect.Effect<boolean | undefined, SettingError> =>
  Effect.map(oneOf(name, [...yes, ...no]), (found) =>
    found === undefined ? undefined : yes.some((each) => each === found)
  )
