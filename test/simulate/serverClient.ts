/** A server as the suites see it, and the requests they send. */
import { assert } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import type { Request, Response } from "../../src/sink/opensearch/Transport.ts"
import type { Restore } from "./snapshots.ts"

export interface Server {
  readonly ask: (request: Request) => Promise<Response>
  /** The ids that a search through an alias finds. */
  readonly search: (alias: string) => Promise<ReadonlyArray<string>>
  /** Makes the index's primary shard start anew, as after a failure of its node. */
  readonly promote: (index: string) => Promise<void>
  /** Tells whether documents can go through pipelines. */
  readonly ingests: () => Promise<boolean>
  /** Takes a snapshot and gives what restores it; `undefined` where the server has no place for snapshots. */
  readonly snapshot: (index: string) => Promise<((how: Restore) => Promise<void>) | undefined>
}

export interface Written {
  readonly status: number
  readonly result?: string
  readonly error?: { readonly type: string }
  readonly _seq_no?: number
  readonly _primary_term?: number
}

export interface Place {
  readonly index: string
  readonly alias: string
  readonly writeAlias: string
}

export type Action = readonly [kind: string, target: object, document?: object]

/** Requests in short, and an index of its own for each test. */
export const clientOf = ({ ask }: Server) => {
  const json = async (method: Request["method"], path: string, body?: unknown) => {
    const { status, text } = await ask({ method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    return { status, body: JSON.parse(text) }
  }
  const make = ({ alias, index, writeAlias }: Place) =>
    json("PUT", `/${index}`, {
      mappings: { dynamic: false, properties: { _sync: { properties: { live: { type: "boolean" } } } } },
      aliases: { [alias]: { filter: { term: { "_sync.live": true } } }, [writeAlias]: {} }
    })
  const bulkTo = async (path: string, ...actions: ReadonlyArray<Action>) => {
    const lines = actions.flatMap(([kind, target, ...document]) => [{ [kind]: target }, ...document])
    const { text } = await ask({
      method: "POST",
      path,
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join("")
    })
    const items: ReadonlyArray<{ readonly [kind: string]: Written }> = JSON.parse(text).items
    return items.map((item) => Object.values(item)[0]!)
  }
  const bulk = (...actions: ReadonlyArray<Action>) => bulkTo("/_bulk", ...actions)
  const write = async (kind: string, target: object, document: object) => (await bulk([kind, target, document]))[0]!
  const get = async (name: string, ...ids: ReadonlyArray<string>) => {
    const { body, status } = await json("POST", `/${name}/_mget`, { ids })
    return { status, docs: body.docs as ReadonlyArray<any>, error: body.error }
  }
  const fresh = async () => {
    const made = place()
    assert.strictEqual((await make(made)).status, 200)
    return { ...made, into: (id: string) => ({ _index: made.writeAlias, _id: id, require_alias: true }) }
  }
  return { json, make, bulk, bulkTo, write, get, fresh }
}

export const place = (): Place => {
  const index = `simulated-${randomUUID()}`
  return { index, alias: `${index}-read`, writeAlias: `${index}-write` }
}

/** The document's place under a condition: what the index had when it was read or written. */
export const seen = (index: string, id: string, { _primary_term, _seq_no }: Written) => ({
  _index: index,
  _id: id,
  if_seq_no: _seq_no,
  if_primary_term: _primary_term,
  require_alias: true
})
