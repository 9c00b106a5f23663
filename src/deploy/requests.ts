/** The requests that are sent to OpenSearch, and the actions that its security plugin asks a role for. Pure. */

/** Requests of one kind. */
export interface Kind {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** The path, with `{alias}` for the alias of an aggregate, and `*` for any text, as IAM has it. */
  readonly path: string
  /** Actions on the cluster. */
  readonly cluster: ReadonlyArray<string>
  /** Actions on the indices of the alias. */
  readonly index: ReadonlyArray<string>
}

/** An index of an alias, or the private alias that it is written through. */
const index = "/{alias}-*"

const kind = (
  method: Kind["method"],
  path: string,
  { cluster = [], index = [] }: { readonly cluster?: ReadonlyArray<string>; readonly index?: ReadonlyArray<string> }
): Kind => ({ method, path, cluster, index })

/** Requests of whatever follows a stream: the function, or `tail`. */
export const ofFunction: ReadonlyArray<Kind> = [
  kind("GET", `/{alias},{alias}-*`, { index: ["indices:admin/get"] }),
  kind("PUT", index, { index: ["indices:admin/create", "indices:admin/aliases"] }),
  kind("PUT", `${index}/_mapping`, { index: ["indices:admin/mapping/put"] }),
  kind("PUT", `${index}/_settings`, { index: ["indices:admin/settings/update"] }),
  kind("POST", `${index}/_mget`, { cluster: ["indices:data/read/mget"], index: ["indices:data/read/mget[shard]"] }),
  kind("POST", `${index}/_bulk`, {
    cluster: ["indices:data/write/bulk"],
    index: ["indices:data/write/bulk[s]", "indices:data/write/index"]
  })
]

/** Requests of the function that proves the index right: the other function's, and these. */
export const ofVerifier: ReadonlyArray<Kind> = [
  ...ofFunction,
  kind("POST", `${index}/_search`, { index: ["indices:data/read/search"] }),
  kind("POST", `${index}/_refresh`, { index: ["indices:admin/refresh", "indices:admin/refresh[s]"] })
]

/** Requests of the commands: those of both functions, and these. */
export const ofOperator: ReadonlyArray<Kind> = [
  ...ofVerifier,
  kind("POST", `${index}/_search/point_in_time`, { index: ["indices:data/read/point_in_time/create"] }),
  kind("POST", "/_search", { index: ["indices:data/read/search"] }),
  kind("DELETE", "/_search/point_in_time", { index: ["indices:data/read/point_in_time/delete"] }),
  // An OpenSearch that has no point in time is asked for a scroll.
  kind("POST", "/_search/scroll", { cluster: ["indices:data/read/scroll"] }),
  kind("DELETE", "/_search/scroll", { cluster: ["indices:data/read/scroll/clear"] }),
  kind("POST", "/_aliases", { index: ["indices:admin/aliases"] }),
  kind("POST", "/_bulk", { cluster: ["indices:data/write/bulk"], index: ["indices:data/write/delete"] }),
  kind("DELETE", index, { index: ["indices:admin/delete"] })
]

/** Requests of a program that reads documents: \`Documents.search\`, through the alias alone. */
export const ofReader: ReadonlyArray<Kind> = [kind("POST", "/{alias}/_search", { index: ["indices:data/read/search"] })]
