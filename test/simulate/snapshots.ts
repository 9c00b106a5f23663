/** Snapshots of one index, and both ways to restore one. */
import type { Index } from "./SimulatedIndex.ts"

export interface Snapshot {
  readonly name: string
  readonly index: Index
}

export type Restore = "over closed" | "after delete"

export const copy = (index: Index): Index => ({
  ...index,
  documents: new Map(index.documents),
  settings: new Map(index.settings),
  aliases: new Map(index.aliases)
})

/**
 * The index that a restore makes. Mapping, aliases, documents and sequence numbers are the snapshot's. Over a closed
 * index the identity stays, the primary term goes on from the higher of both, and the history gets a name of its own;
 * in the place of a deleted one the identity is new and the term is the one after the snapshot's.
 */
export const restored = ({ index }: Snapshot, over: Index | undefined, freshId: () => string): Index => {
  const made = copy(index)
  made.isClosed = false
  made.refreshed = new Map(made.documents)
  made.primaryTerm = Math.max(index.primaryTerm, over?.primaryTerm ?? 0) + 1
  if (over === undefined) made.settings.set("index.uuid", freshId())
  else made.settings.set("index.uuid", over.settings.get("index.uuid")).set("index.history.uuid", freshId())
  return made
}
