/** Documents as OpenSearch has them, read without the code under test. */
import { parse, type Tree } from "./tree.ts"

type Fields = ReadonlyMap<string, Tree>

export interface Answer {
  readonly status: number
  readonly text: string
}

/** One request; any answer is an answer. */
export const ask = async (node: string, method: string, path: string, body?: unknown): Promise<Answer> => {
  const content =
    body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
  const response = await fetch(`${node}${path}`, { method, ...content })
  return { status: response.status, text: await response.text() }
}

/** The id of a generation's state, which is no document of rows. */
const stateId = "\u0000tablefold"

/** All documents that a search through this alias or index finds after a refresh, page by page. */
export const searchAll = async (
  node: string,
  target: string,
  exact?: ReadonlySet<string>
): Promise<ReadonlyMap<string, Fields>> => {
  const refreshed = await ask(node, "POST", `/${target}/_refresh`)
  if (refreshed.status === 404) return new Map()
  const documents = new Map<string, Fields>()
  let page = await ask(node, "POST", `/${target}/_search?scroll=1m`, { size: 20, query: { match_all: {} } })
  for (;;) {
    if (page.status !== 200) throw new Error(`a search of ${target} answered ${page.status}: ${page.text}`)
    const body = parse(page.text, exact) as ReadonlyMap<string, any>
    const hits: ReadonlyArray<ReadonlyMap<string, any>> = body.get("hits").get("hits")
    for (const hit of hits) {
      if (hit.get("_id") !== stateId) documents.set(hit.get("_id"), hit.get("_source"))
    }
    const scroll = body.get("_scroll_id")
    if (hits.length === 0) {
      await ask(node, "DELETE", "/_search/scroll", { scroll_id: scroll })
      return documents
    }
    page = await ask(node, "POST", "/_search/scroll", { scroll: "1m", scroll_id: scroll })
  }
}

/** Drops what a test made under its prefix. */
export const drop = (node: string, prefix: string): Promise<Answer> =>
  ask(node, "DELETE", `/${prefix}*?ignore_unavailable=true&expand_wildcards=all`)
