/** A generation's state as the simulated server has it. */
import { reservedId } from "../../src/decode/rowKey.ts"
import type { State } from "../../src/sink/opensearch/State.ts"
import type { Index } from "./SimulatedIndex.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"

/** `undefined` where none was written yet. */
export const stateIn = ({ documents }: Index): State | undefined => {
  const stored = documents.get(reservedId)
  return stored === undefined ? undefined : JSON.parse(stored.text)._sync.state
}

/** The hash of the definition that writes it: until a state is written, of the one that made it. */
export const currentIn = (index: Index): string => stateIn(index)?.current ?? index.mappings["_meta"].tablefold.hash

export const stateOf = (server: SimulatedOpenSearch, index: string): State => stateIn(server.indices.get(index)!)!
