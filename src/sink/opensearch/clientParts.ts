/**
 * The parts of the official client that carry requests. Its `Client` adds a method for each of OpenSearch's hundreds of
 * calls, none of which is used here: 94 % of its code, which a bundler can't leave out and each start would read.
 */
import type * as client from "@opensearch-project/opensearch"
import connection from "@opensearch-project/opensearch/lib/Connection.js"
import transport from "@opensearch-project/opensearch/lib/Transport.js"

export { ResponseError } from "@opensearch-project/opensearch/lib/errors.js"
export { ConnectionPool } from "@opensearch-project/opensearch/lib/pool/index.js"

/** Their types, by themselves, depend on how a project resolves modules; those of the whole client do not. */
export const Connection = connection as unknown as typeof client.Connection
export const Transport = transport as unknown as typeof client.Transport
