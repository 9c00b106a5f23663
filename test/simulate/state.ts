/** A generation's state as the simulated server has it. */
import { reservedId } from "../../src/decode/rowKey.ts"
import type { State } from "../../src/sink/opensearch/State.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"

export const stateOf = (server: SimulatedOpenSearch, index: string): State =>
  JSON.parse(server.indices.get(index)!.documents.get(reservedId)!.text)._sync.state
