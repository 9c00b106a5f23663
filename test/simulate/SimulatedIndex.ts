/**
 * One index of the simulated OpenSearch, as plain data: its documents under sequence numbers, and the settings and
 * mapping that say what it takes, what it gives back, and what it keeps of a document.
 */
import type { Pipelines } from "./pipelines.ts"
import { removeAt } from "./removeAt.ts"
import { closed, conflict, type Failure, failure, withoutRouting } from "./serverErrors.ts"

export type Json = { readonly [name: string]: any }

export interface Stored {
  readonly seqNo: number
  readonly primaryTerm: number
  /** The document's text: as it was sent, unless a pipeline or the mapping took something away. */
  readonly text: string
}

export interface Index {
  readonly documents: Map<string, Stored>
  /** What searches see. */
  refreshed: ReadonlyMap<string, Stored>
  seqNo: number
  primaryTerm: number
  mappings: { [name: string]: any }
  /** By their whole names, like `index.blocks.write`. */
  readonly settings: Map<string, unknown>
  readonly aliases: Map<string, { readonly filter?: unknown }>
  isClosed: boolean
}

/** What a request does to an index, as far as blocks tell requests apart. */
export type Use = "write" | "read" | "describe" | "change"

const blocks: ReadonlyArray<readonly [setting: string, uses: ReadonlyArray<Use>, status: number, reason: string]> = [
  ["read_only", ["write", "change"], 403, "FORBIDDEN/5/index read-only (api)"],
  ["read", ["read"], 403, "FORBIDDEN/7/index read (api)"],
  ["write", ["write"], 403, "FORBIDDEN/8/index write (api)"],
  ["metadata", ["describe", "change"], 403, "FORBIDDEN/9/index metadata (api)"],
  ["read_only_allow_delete", ["write", "change"], 429, "TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark"]
]

/** The block that stands in the way of a use. */
export const blocked = ({ settings }: Index, use: Use): Failure | undefined => {
  const found = blocks.find(([name, uses]) => uses.includes(use) && settings.get(`index.blocks.${name}`) === "true")
  if (found === undefined) return undefined
  return failure(found[2], "cluster_block_exception", `index blocked by: [${found[3]}];`)
}

/** Reads a document by its id, realtime. */
export const read = (index: Index, id: string, wantsSource: boolean): Json | Failure => {
  const problem = refusal(index, "read", id, undefined)
  if (problem !== undefined) return problem
  const stored = index.documents.get(id)
  if (stored === undefined) return { _id: id, found: false }
  const { primaryTerm, seqNo, text } = stored
  const found = { _id: id, found: true, _seq_no: seqNo, _primary_term: primaryTerm }
  return wantsSource ? { ...found, _source: JSON.parse(text) } : found
}

/** Writes a document as an action of a bulk request says; `kind` is `index` or `create`. */
export const write = (index: Index, pipelines: Pipelines, kind: string, target: Json, sent: string): Json => {
  const { _id: id, if_primary_term: term, if_seq_no: seqNo, routing } = target
  const piped = pipelines.run(index.settings, sent)
  if (piped._tag === "Failed") return piped.failure
  // Of a dropped document nothing else is looked at, not even the condition.
  if (piped._tag === "Dropped") return { status: 200, result: "noop", _id: id }
  const problem = refusal(index, "write", id, routing)
  if (problem !== undefined) return problem
  const before = index.documents.get(id)
  const matches = kind === "create" ? before === undefined : before?.seqNo === seqNo && before?.primaryTerm === term
  if ((seqNo !== undefined || kind === "create") && !matches) return conflict(id)
  const { primaryTerm } = index
  const written = { seqNo: index.seqNo++, primaryTerm, text: withoutExcluded(index.mappings, piped.text) }
  index.documents.set(id, written)
  return {
    ...(before === undefined ? { status: 201, result: "created" } : { status: 200, result: "updated" }),
    _id: id,
    _seq_no: written.seqNo,
    _primary_term: primaryTerm
  }
}

export const remove = (index: Index, { _id: id, if_primary_term: term, if_seq_no: seqNo, routing }: Json): Json => {
  const problem = refusal(index, "write", id, routing)
  if (problem !== undefined) return problem
  const before = index.documents.get(id)
  const matches = before?.seqNo === seqNo && before?.primaryTerm === term
  if (seqNo !== undefined && !matches) return conflict(id)
  const found = index.documents.delete(id) ? { status: 200, result: "deleted" } : { status: 404, result: "not_found" }
  return { ...found, _id: id, _seq_no: index.seqNo++, _primary_term: index.primaryTerm }
}

const refusal = (index: Index, use: Use, id: string, routing: unknown): Failure | undefined => {
  if (index.isClosed) return closed()
  const block = blocked(index, use)
  if (block !== undefined) return block
  return index.mappings["_routing"]?.required === true && routing === undefined ? withoutRouting(id) : undefined
}

/** The document as it is kept: without what the mapping excludes from `_source`. */
const withoutExcluded = ({ _source: source }: Index["mappings"], text: string): string => {
  const excludes: ReadonlyArray<string> = source?.excludes ?? []
  if (excludes.length === 0) return text
  const document = JSON.parse(text)
  for (const path of excludes) removeAt(document, path.split("."))
  return JSON.stringify(document)
}
