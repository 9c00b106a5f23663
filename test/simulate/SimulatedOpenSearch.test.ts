/** The simulated server is held against a real one: what a simulation shows counts only if they behave alike. */
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import type { Server } from "./serverClient.ts"
import { suite } from "./serverSuite.ts"
import { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { suite as upkeep } from "./upkeepSuite.ts"

const simulated = new SimulatedOpenSearch()

const inMemory: Server = {
  ask: async (request) => simulated.handle(request),
  search: async (alias) => [...simulated.search(alias).keys()],
  promote: async () => simulated.promote(),
  ingests: async () => true,
  snapshot: async (index) => {
    const taken = simulated.snapshot(index)
    return async (how) => simulated.restore(taken, how)
  }
}

suite("SimulatedOpenSearch", inMemory)
upkeep("SimulatedOpenSearch, as others change it", inMemory)

const real = (node: string): Server => ({
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
  },
  ingests: async () => JSON.parse((await ask(node, "GET", "/_nodes/ingest:true")).text)._nodes.total > 0,
  snapshot: async (index) => {
    const repository = `/_snapshot/${index}`
    const made = await ask(node, "PUT", repository, { type: "fs", settings: { location: index } })
    if (made.status !== 200) return undefined
    await ask(node, "PUT", `${repository}/taken?wait_for_completion=true`, { indices: index })
    return async (how) => {
      if (how === "over closed") await ask(node, "POST", `/${index}/_close`)
      else await ask(node, "DELETE", `/${index}`)
      await ask(node, "POST", `${repository}/taken/_restore?wait_for_completion=true`, { indices: index })
      await ask(node, "DELETE", `${repository}/taken`)
      await ask(node, "DELETE", repository)
    }
  }
})

describeReal("a real OpenSearch", ({ openSearchNode: node }) => {
  suite("behaves like the simulated one", real(node))
  upkeep("behaves like the simulated one as others change it", real(node))
})
