/** The refresh interval of an index, changed in place: it alters no document, and needs no new generation. */
import { Effect } from "effect"
import * as Definition from "../../define/Definition.ts"
import type { SinkError } from "../Sink.ts"
import * as indices from "./indices.ts"
import * as State from "./State.ts"
import { Transport } from "./Transport.ts"

/**
 * Gives a generation's index the refresh interval of the definition that writes it, where the definition has another
 * one than when the index last took it: what somebody set on the index by hand stays. Where the server refuses, the
 * log says so, and all goes on with the interval as it is.
 */
export const apply = Effect.fnUntraced(function* (
  generation: indices.Generation,
  { description, hash }: { readonly description: Definition.Description; readonly hash: string }
): Effect.fn.Return<indices.Generation, never, Transport> {
  const { index, meta, state } = generation
  const interval = Definition.refreshIntervalOf(description)
  const isServerless = (yield* Transport).isServerless === true
  const isSame = Definition.refreshIntervalOf(State.descriptionOf(meta, state)) === interval
  if (isServerless || isSame || state.current !== hash) return generation
  return yield* change(generation, interval, (state) =>
    // A newer definition may have become the current one meanwhile.
    state.current === hash ? State.accept(meta, state, description, hash) : state
  ).pipe(
    Effect.tap(() => Effect.logInfo(`${index} has the refresh interval ${interval} from now on`)),
    Effect.catch(({ message }: SinkError) =>
      Effect.as(Effect.logWarning(`${index} keeps its refresh interval, not ${interval}: ${message}`), generation)
    )
  )
})

const change = Effect.fnUntraced(function* (
  generation: indices.Generation,
  interval: string,
  accept: (state: State.State) => State.State
) {
  yield* indices.setSettings(generation, { refresh_interval: interval })
  const next = yield* indices.update(generation, accept)
  return { ...next, settings: { ...next.settings, refresh_interval: interval } }
})
