/** Requests of the page; each gives its answer, or throws an `Error` whose message is a sentence to show. */
import type {
  BreakAnswer,
  BreakRequest,
  EditAnswer,
  EditRequest,
  ExplainAnswer,
  ExplainRequest,
  ProveAnswer,
  RedriveAnswer,
  SearchAnswer,
  SearchRequest
} from "../../requests.ts"

export interface Api {
  readonly edit: (request: EditRequest) => Promise<EditAnswer>
  readonly search: (request: SearchRequest) => Promise<SearchAnswer>
  readonly explain: (request: ExplainRequest) => Promise<ExplainAnswer>
  readonly breakIt: (request: BreakRequest) => Promise<BreakAnswer>
  readonly prove: () => Promise<ProveAnswer>
  readonly redrive: () => Promise<RedriveAnswer>
}

/** `token` gives the page's token as it is now: another start of the server has another one. */
export const make = (token: () => string): Api => {
  const post = async <A>(path: string, body: unknown): Promise<A> => {
    const headers = { "content-type": "application/json", "x-tablefold-token": token() }
    const request = fetch(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) })
    const response = await request.catch(() => {
      throw new Error("The server does not answer")
    })
    const answer: unknown = await response.json().catch(() => ({}))
    if (response.ok) return answer as A
    const { error } = answer as { readonly error?: string }
    throw new Error(error ?? `The server answered ${response.status}`)
  }
  return {
    edit: (request) => post("edit", request),
    search: (request) => post("search", request),
    explain: (request) => post("explain", request),
    breakIt: (request) => post("break", request),
    prove: () => post("prove", {}),
    redrive: () => post("redrive", {})
  }
}
