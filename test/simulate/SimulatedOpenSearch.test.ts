/** The simulated server is held against a real one: what a simulation shows counts only if they behave alike. */
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { suite } from "./serverSuite.ts"

const simulated = new SimulatedOpenSearch()

suite("SimulatedOpenSearch", {
  ask: async (request) => simulated.handle(request),
  search: async (alias) => [...simulated.search(alias).keys()],
  promote: async () => simulated.promote()
})

describeReal("a real OpenSearch", ({ openSearchNode: node }) => {
  suite("behaves like the simulated one", {
    ask: async ({ body, method, path }) => {
      const content = body === undefined ? {} : { headers: { "content-type": "application/json" }, body }
      const response = await fetch(`${node}${path}`, { method, ...content })
      return { status: response.status, text: await response.text() }
    },
    search: async (alias) => {
      const { text } = await ask(node, "GET", `/${alias}/_search?size=100`)
      return JSON.parse(text).hits.hits.map(({ _id }: { readonly _id: string }) => _id)
    },
    promote: async (index) => {
      await ask(node, "POST", `/${index}/_close?wait_for_active_shards=0`)
      await ask(node, "POST", `/${index}/_open?wait_for_active_shards=1`)
    }
  })
})
