/**
 * OpenSearch as far as the sink uses it, in memory: indices with aliases and mappings, conditional writes with sequence
 * numbers that begin at zero in each index, realtime reads, and searches that see what was refreshed. The suite in
 * `serverSuite.ts` runs on this and on a real one.
 */
import type { Request, Response } from "../../src/sink/opensearch/Transport.ts"

interface Stored {
  readonly seqNo: number
  readonly primaryTerm: number
  /** The document's text as it was sent. */
  readonly text: string
}

interface Index {
  readonly documents: Map<string, Stored>
  /** What searches see. */
  refreshed: ReadonlyMap<string, Stored>
  seqNo: number
  primaryTerm: number
  mappings: { [name: string]: any }
  readonly settings: unknown
  readonly aliases: Map<string, { readonly filter?: unknown }>
}

type Json = { readonly [name: string]: any }

export class SimulatedOpenSearch {
  readonly indices = new Map<string, Index>()

  handle({ body = "", method, path }: Request): Response {
    const { pathname, searchParams } = new URL(path, "http://simulated")
    const [first = "", action] = pathname.split("/").slice(1).map(decodeURIComponent)
    if (first === "_bulk") return json(200, this.bulk(body, {}))
    if (action === "_bulk") {
      return json(200, this.bulk(body, { _index: first, require_alias: searchParams.get("require_alias") === "true" }))
    }
    if (first === "_aliases") return this.updateAliases(JSON.parse(body))
    if (action === "_mget") return this.mget(first, JSON.parse(body))
    if (action === "_mapping") return this.putMapping(first, JSON.parse(body))
    if (action === "_refresh") return this.refresh(first)
    if (method === "PUT") return this.create(first, JSON.parse(body))
    if (method === "DELETE") return this.indices.delete(first) ? json(200, { acknowledged: true }) : missing(first)
    return this.describe(first)
  }

  /** The ids and texts a search through an alias finds: refreshed documents that pass the alias's filter. */
  search(alias: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    for (const index of this.behind(alias)) {
      for (const [id, { text }] of index.refreshed) {
        if (passes(index.aliases.get(alias)?.filter, text)) found.set(id, text)
      }
    }
    return found
  }

  /** A primary shard moved to another node: later writes have a higher term. */
  promote(): void {
    for (const index of this.indices.values()) index.primaryTerm++
  }

  private behind(name: string): ReadonlyArray<Index> {
    return this.named(name).map(([, index]) => index)
  }

  /** The indices that a list of names means, each an index, an alias, or either with `*` at its end. */
  private named(names: string): ReadonlyArray<readonly [string, Index]> {
    const patterns = names.split(",")
    const fits = (name: string) =>
      patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern))
    return [...this.indices].filter(([own, { aliases }]) => fits(own) || [...aliases.keys()].some(fits))
  }

  private describe(names: string): Response {
    const found = this.named(names)
    if (found.length === 0 && !names.includes("*")) return missing(names)
    const described = found.map(([own, { aliases, mappings, settings }]) => {
      return [own, { aliases: Object.fromEntries(aliases), mappings, settings }] as const
    })
    return json(200, Object.fromEntries(described))
  }

  private create(name: string, { aliases = {}, mappings = {}, settings = {} }: Json): Response {
    if (this.behind(name).length > 0) {
      return failed(400, "resource_already_exists_exception", `index [${name}] already exists`)
    }
    this.indices.set(name, {
      documents: new Map(),
      refreshed: new Map(),
      seqNo: 0,
      primaryTerm: 1,
      mappings,
      settings,
      aliases: new Map(Object.entries(aliases))
    })
    return json(200, { acknowledged: true, index: name })
  }

  private putMapping(name: string, { _meta, properties = {} }: Json): Response {
    const [index] = this.behind(name)
    if (index === undefined) return missing(name)
    const merged = merge(index.mappings["properties"] ?? {}, properties)
    index.mappings = { ...index.mappings, ...(_meta === undefined ? {} : { _meta }), properties: merged }
    return json(200, { acknowledged: true })
  }

  private refresh(name: string): Response {
    for (const index of name === "_all" ? this.indices.values() : this.behind(name)) {
      index.refreshed = new Map(index.documents)
    }
    return json(200, {})
  }

  private updateAliases({ actions }: Json): Response {
    const absent = actions
      .map(({ add, remove }: Json) => (add ?? remove).index)
      .find((it: string) => !this.indices.has(it))
    if (absent !== undefined) return missing(absent)
    for (const { add, remove } of actions) {
      if (add !== undefined) this.indices.get(add.index)?.aliases.set(add.alias, { filter: add.filter })
      if (remove !== undefined) this.indices.get(remove.index)?.aliases.delete(remove.alias)
    }
    return json(200, { acknowledged: true })
  }

  private mget(name: string, { ids }: Json): Response {
    const [index] = this.behind(name)
    const docs = ids.map((id: string) => {
      if (index === undefined) return { _id: id, error: JSON.parse(missing(name).text).error }
      const stored = index.documents.get(id)
      if (stored === undefined) return { _id: id, found: false }
      const { primaryTerm, seqNo, text } = stored
      return { _id: id, found: true, _seq_no: seqNo, _primary_term: primaryTerm, _source: JSON.parse(text) }
    })
    return json(200, { docs })
  }

  private bulk(body: string, defaults: Json): Json {
    const items: Array<Json> = []
    const lines = body.split("\n")
    for (let i = 0; i + 1 < lines.length; i++) {
      const [[kind, own] = ["", {}]] = Object.entries(JSON.parse(lines[i]!) as Json)
      const target = { ...defaults, ...own }
      items.push({ [kind]: kind === "delete" ? this.remove(target) : this.write(kind, target, lines[++i]!) })
    }
    return { errors: items.some((item) => Object.values(item)[0].status >= 300), items }
  }

  private write(kind: string, target: Json, text: string): Json {
    const { _id: id, _index: alias, if_primary_term: term, if_seq_no: seqNo, require_alias: requireAlias } = target
    if (this.behind(alias).length === 0 && requireAlias !== true) this.create(alias, {})
    const [index] = this.behind(alias)
    if (index === undefined || (requireAlias === true && this.indices.has(alias))) {
      return { status: 404, error: { type: "index_not_found_exception", reason: `no such index [${alias}]` } }
    }
    const stored = index.documents.get(id)
    const matches = kind === "create" ? stored === undefined : stored?.seqNo === seqNo && stored?.primaryTerm === term
    if ((seqNo !== undefined || kind === "create") && !matches) return conflict(id)
    const written = { seqNo: index.seqNo++, primaryTerm: index.primaryTerm, text }
    index.documents.set(id, written)
    return {
      ...(stored === undefined ? { status: 201, result: "created" } : { status: 200, result: "updated" }),
      _id: id,
      _seq_no: written.seqNo,
      _primary_term: written.primaryTerm
    }
  }

  private remove({ _id: id, _index: alias, if_primary_term: term, if_seq_no: seqNo }: Json): Json {
    const [index] = this.behind(alias)
    if (index === undefined)
      return { status: 404, error: { type: "index_not_found_exception", reason: `no [${alias}]` } }
    const stored = index.documents.get(id)
    const matches = stored?.seqNo === seqNo && stored?.primaryTerm === term
    if (seqNo !== undefined && !matches) return conflict(id)
    index.documents.delete(id)
    return { status: 200, result: "deleted", _id: id, _seq_no: index.seqNo++, _primary_term: index.primaryTerm }
  }
}

const conflict = (id: string): Json => ({
  status: 409,
  error: { type: "version_conflict_engine_exception", reason: `[${id}]: version conflict` }
})

const json = (status: number, body: unknown): Response => ({ status, text: JSON.stringify(body) })

const failed = (status: number, type: string, reason: string): Response =>
  json(status, { error: { type, reason }, status })

const missing = (name: string): Response => failed(404, "index_not_found_exception", `no such index [${name}]`)

/** The one filter in use: a term on a boolean field, given as a path with dots. */
const passes = (filter: any, text: string): boolean => {
  const term = Object.entries(filter?.term ?? {})[0]
  if (term === undefined) return true
  const [path, value] = term
  return path.split(".").reduce((at: any, name) => at?.[name], JSON.parse(text)) === value
}

const merge = (before: Json, after: Json): Json => {
  const out: { [name: string]: any } = { ...before }
  for (const [name, mapping] of Object.entries(after)) {
    const inner = merge(out[name]?.properties ?? {}, mapping.properties ?? {})
    out[name] = { ...out[name], ...mapping, ...(Object.keys(inner).length === 0 ? {} : { properties: inner }) }
  }
  return out
}
