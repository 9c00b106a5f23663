/** A request read from what is typed into the search field. Pure. */
import type { SearchRequest } from "../../requests.ts"
import { parseJson, type Parsed } from "./form.ts"

/** A search's JSON where the text begins as an object does, else OpenSearch's query string; nothing finds all. */
export const searchOf = (aggregate: string, text: string): Parsed<SearchRequest> => {
  const typed = text.trim()
  if (typed === "") return { value: { aggregate } }
  if (!typed.startsWith("{")) return { value: { aggregate, query: typed } }
  const body = parseJson("the search", typed)
  return "problem" in body ? body : { value: { aggregate, body: body.value } }
}
