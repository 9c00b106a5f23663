/** One HTTP request, as a poll needs it: no retry, no connection kept, any answer is an answer. */
import { Data, Effect } from "effect"

class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly cause: unknown }> {}

export const ask = (url: string, headers: Record<string, string> = {}) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, { signal, headers: { connection: "close", ...headers } })
      return { status: response.status, headers: response.headers, text: await response.text() }
    },
    catch: (cause) => new NoAnswer({ cause })
  })
