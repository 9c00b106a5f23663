/** The deeds that a page may ask for. One that is absent is not allowed here. */
import { Data, type Effect } from "effect"
import type * as requests from "./requests.ts"

/** Something was not done; the message is for the person at the page. */
export class ActionError extends Data.TaggedError("ActionError")<{ readonly message: string }> {}

type Deed<A, B> = ((request: A) => Effect.Effect<B, ActionError>) | undefined

export interface Actions {
  readonly edit: Deed<requests.EditRequest, requests.EditAnswer>
  readonly search: Deed<requests.SearchRequest, requests.SearchAnswer>
  readonly explain: Deed<requests.ExplainRequest, requests.ExplainAnswer>
  readonly break: Deed<requests.BreakRequest, requests.BreakAnswer>
  readonly prove: Deed<object, requests.ProveAnswer>
  readonly redrive: Deed<object, requests.RedriveAnswer>
}

/** Makes an error of whatever failed. */
export const because = ({ message }: { readonly message: string }): ActionError => new ActionError({ message })
