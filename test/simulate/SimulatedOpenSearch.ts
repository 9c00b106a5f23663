/**
 * OpenSearch as far as the sink uses it, in memory: indices with aliases, mappings, settings and blocks, templates and
 * pipelines, conditional writes with sequence numbers that begin at zero in each index, realtime reads, searches that
 * see what was refreshed, and snapshots. The suite in `serverSuite.ts` runs on this and on a real one.
 */
import type { Request, Response } from "../../src/sink/opensearch/Transport.ts"
import { describe, flat, mappingOf, merge } from "./indexSettings.ts"
import { Pipelines } from "./pipelines.ts"
import { ambiguous, closed, type Failure, failure, json, lacking, missing, refused } from "./serverErrors.ts"
import { blocked, type Index, type Json, read, remove, type Use, write } from "./SimulatedIndex.ts"
import { copy, type Restore, restored, type Snapshot } from "./snapshots.ts"

const done: Response = json(200, { acknowledged: true })

export class SimulatedOpenSearch {
  readonly indices = new Map<string, Index>()
  private readonly templates = new Map<string, Json>()
  private readonly pipelines = new Pipelines()
  private ids = 0

  handle({ body = "", method, path }: Request): Response {
    const { pathname, searchParams } = new URL(path, "http://simulated")
    const [first = "", action, id = ""] = pathname.split("/").slice(1).map(decodeURIComponent)
    if (first === "_bulk") return json(200, this.bulk(body, {}))
    if (action === "_bulk") {
      const answer = this.bulk(body, { _index: first, require_alias: searchParams.get("require_alias") === "true" })
      if (searchParams.get("refresh") === "true") this.refresh(first)
      return json(200, answer)
    }
    const wantsSource = searchParams.get("_source") !== "false"
    if (first === "_mget") return this.mget("", wantsSource, JSON.parse(body))
    if (action === "_mget") return this.mget(first, wantsSource, JSON.parse(body))
    if (action === "_doc" && method === "GET") return this.get(first, id, wantsSource)
    if (action === "_doc") return this.put(first, id, searchParams, body)
    if (first === "_aliases") return this.updateAliases(JSON.parse(body))
    if (first === "_index_template") return this.putTemplate(action!, method, body)
    if (first === "_ingest") return this.putPipeline(id, JSON.parse(body))
    if (action === "_close" || action === "_open") return this.toggle(first, action === "_close")
    if (action === "_settings") return this.putSettings(first, JSON.parse(body))
    if (action === "_mapping") return this.putMapping(first, JSON.parse(body))
    if (action === "_refresh") return this.refresh(first)
    if (method === "PUT") return this.create(first, JSON.parse(body))
    if (method === "DELETE") return this.delete(first)
    return this.describe(first, searchParams.get("ignore_unavailable") === "true")
  }

  /** The ids and texts a search through an alias finds: refreshed documents that pass the alias's filter. */
  search(alias: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    for (const [, index] of this.named(alias)) {
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

  snapshot(name: string): Snapshot {
    return { name, index: copy(this.indices.get(name)!) }
  }

  /** Restores a snapshot over its index, which is closed for it, or in the place of its index, which is deleted. */
  restore(snapshot: Snapshot, how: Restore): void {
    if (how === "after delete") this.indices.delete(snapshot.name)
    else this.toggle(snapshot.name, true)
    const over = this.indices.get(snapshot.name)
    this.indices.set(
      snapshot.name,
      restored(snapshot, over, () => this.freshId())
    )
  }

  private freshId(): string {
    return `simulated-${++this.ids}`
  }

  /**
   * The indices that a list of names means, each an index, an alias, or either with `*` at its end. Names with `*` mean
   * open indices alone.
   */
  private named(names: string): ReadonlyArray<readonly [string, Index]> {
    const patterns = names.split(",")
    const fits = (name: string, isClosed: boolean) =>
      patterns.some((pattern) =>
        pattern.endsWith("*") ? !isClosed && name.startsWith(pattern.slice(0, -1)) : name === pattern
      )
    return [...this.indices].filter(
      ([own, { aliases, isClosed }]) => fits(own, isClosed) || [...aliases.keys()].some((name) => fits(name, isClosed))
    )
  }

  /** The one index that a request by id, or one that changes an index, is for. */
  private one(name: string): Index | Failure {
    const own = this.indices.get(name)
    if (own !== undefined) return own
    const found = this.named(name)
    if (found.length > 1) return ambiguous(name)
    return found[0]?.[1] ?? missing(name)
  }

  private changed(name: string, use: Use, change: (index: Index) => Response): Response {
    const index = this.one(name)
    if ("status" in index) return refused(index)
    const block = blocked(index, use)
    return block === undefined ? change(index) : refused(block)
  }

  private describe(names: string, ignoresMissing: boolean): Response {
    const found = this.named(names)
    if (found.length === 0 && !ignoresMissing && !names.includes("*")) return refused(missing(names))
    const block = found.map(([, index]) => blocked(index, "describe")).find((block) => block !== undefined)
    if (block !== undefined) return refused(block)
    return json(200, Object.fromEntries(found.map(([own, index]) => [own, describe(index)])))
  }

  private create(name: string, { aliases = {}, mappings = {}, settings = {} }: Json): Response {
    if (this.named(name).length > 0) {
      return refused(failure(400, "resource_already_exists_exception", `index [${name}] already exists`))
    }
    const template = this.templateOf(name)
    const own = new Map<string, unknown>([
      ["index.number_of_shards", "1"],
      ["index.number_of_replicas", "1"],
      ["index.provided_name", name],
      ...flat(template.settings ?? {}),
      ...flat(settings),
      ["index.uuid", this.freshId()]
    ])
    this.indices.set(name, {
      documents: new Map(),
      refreshed: new Map(),
      seqNo: 0,
      primaryTerm: 1,
      mappings: mappingOf([template.mappings ?? {}, mappings]),
      settings: own,
      aliases: new Map(Object.entries({ ...template.aliases, ...aliases })),
      isClosed: false
    })
    return json(200, { acknowledged: true, index: name })
  }

  /** The template with the highest priority among those that fit an index's name. */
  private templateOf(name: string): { readonly [part in "settings" | "mappings" | "aliases"]?: Json } {
    const fitting = [...this.templates.values()].filter(({ index_patterns: patterns }) =>
      patterns.some((pattern: string) => name.startsWith(pattern.replace(/\*$/, "")))
    )
    return fitting.toSorted((a, b) => (b["priority"] ?? 0) - (a["priority"] ?? 0))[0]?.["template"] ?? {}
  }

  private putTemplate(name: string, method: Request["method"], body: string): Response {
    if (method === "DELETE") this.templates.delete(name)
    else this.templates.set(name, JSON.parse(body))
    return done
  }

  private putPipeline(id: string, { processors }: Json): Response {
    this.pipelines.put(id, processors)
    return done
  }

  private delete(name: string): Response {
    return this.indices.delete(name) ? done : refused(missing(name))
  }

  private toggle(name: string, isClosed: boolean): Response {
    const index = this.one(name)
    if ("status" in index) return refused(index)
    if (index.isClosed !== isClosed) index.primaryTerm++
    index.isClosed = isClosed
    return done
  }

  private putSettings(name: string, settings: Json): Response {
    const index = this.one(name)
    if ("status" in index) return refused(index)
    const changes = flat(settings)
    const own = ["index.uuid", "index.history.uuid"].find((name) => changes.has(name))
    if (own !== undefined) return refused(failure(400, "settings_exception", `can not update private setting [${own}]`))
    for (const [setting, value] of changes) {
      if (value === null) index.settings.delete(setting)
      else index.settings.set(setting, value)
    }
    return done
  }

  private putMapping(name: string, { _meta, properties = {} }: Json): Response {
    return this.changed(name, "change", (index) => {
      const merged = merge(index.mappings["properties"] ?? {}, properties)
      index.mappings = { ...index.mappings, ...(_meta === undefined ? {} : { _meta }), properties: merged }
      return done
    })
  }

  private refresh(name: string): Response {
    const meant = name === "_all" ? [...this.indices.values()] : this.named(name).map(([, index]) => index)
    if (name !== "_all" && meant.some(({ isClosed }) => isClosed)) return refused(closed())
    for (const index of meant) index.refreshed = new Map(index.documents)
    return json(200, {})
  }

  private updateAliases({ actions }: Json): Response {
    for (const { add, remove } of actions) {
      const { index: name } = add ?? remove
      const index = this.indices.get(name)
      const isLacking = remove?.must_exist === true && index?.aliases.has(remove.alias) === false
      const problem = index === undefined ? missing(name) : isLacking ? lacking(remove.alias) : blocked(index, "change")
      if (problem !== undefined) return refused(problem)
    }
    for (const { add, remove } of actions) {
      if (add !== undefined) this.indices.get(add.index)?.aliases.set(add.alias, { filter: add.filter })
      if (remove !== undefined) this.indices.get(remove.index)?.aliases.delete(remove.alias)
    }
    return done
  }

  private mget(name: string, wantsSource: boolean, { docs, ids = [] }: Json): Response {
    const wanted: ReadonlyArray<Json> = docs ?? ids.map((_id: string) => ({ _id }))
    const found = wanted.map(({ _id, _index = name, _source }) => {
      const index = this.one(_index)
      const result = "status" in index ? index : read(index, _id, wantsSource && _source !== false)
      return "status" in result ? { _id, error: result["error"] } : result
    })
    return json(200, { docs: found })
  }

  private get(name: string, id: string, wantsSource: boolean): Response {
    const index = this.one(name)
    const result = "status" in index ? index : read(index, id, wantsSource)
    if ("status" in result) return json(result["status"], result)
    return json(result["found"] === true ? 200 : 404, result)
  }

  private put(name: string, id: string, parameters: URLSearchParams, text: string): Response {
    const [seqNo, term] = [parameters.get("if_seq_no"), parameters.get("if_primary_term")]
    const condition = seqNo === null ? {} : { if_seq_no: Number(seqNo), if_primary_term: Number(term) }
    const kind = parameters.get("op_type") === "create" ? "create" : "index"
    const requireAlias = parameters.get("require_alias") === "true"
    const item = this.act(kind, { _index: name, _id: id, require_alias: requireAlias, ...condition }, text)
    return json(item["status"], item)
  }

  private bulk(body: string, defaults: Json): Json {
    const items: Array<Json> = []
    const lines = body.split("\n")
    for (let i = 0; i + 1 < lines.length; i++) {
      const [[kind, own] = ["", {}]] = Object.entries(JSON.parse(lines[i]!) as Json)
      items.push({ [kind]: this.act(kind, { ...defaults, ...own }, kind === "delete" ? "" : lines[++i]!) })
    }
    return { errors: items.some((item) => Object.values(item)[0].status >= 300), items }
  }

  private act(kind: string, target: Json, text: string): Json {
    const { _index: name, require_alias: requireAlias } = target
    if (requireAlias === true && this.indices.has(name)) return missing(name)
    if (requireAlias !== true && kind !== "delete" && this.named(name).length === 0) this.create(name, {})
    const index = this.one(name)
    if ("status" in index) return index
    return kind === "delete" ? remove(index, target) : write(index, this.pipelines, kind, target, text)
  }
}

/** The one filter in use: a term on a boolean field, given as a path with dots. */
const passes = (filter: any, text: string): boolean => {
  const term = Object.entries(filter?.term ?? {})[0]
  if (term === undefined) return true
  const [path, value] = term
  return path.split(".").reduce((at: any, name) => at?.[name], JSON.parse(text)) === value
}
