/**
 * The parts of the official client that carry requests. Its `Client` adds a method for each of OpenSearch's hundreds of
 * calls, none of which is used here: 94 % of its code, which a bundler can't leave out and each start would read.
 */
import connection from "@opensearch-project/opensearch/lib/Connection.js"
import transport from "@opensearch-project/opensearch/lib/Transport.js"

export { ResponseError } from "@opensearch-project/opensearch/lib/errors.js"
export { ConnectionPool } from "@opensearch-project/opensearch/lib/pool/index.js"

/** Their types say `exports.default`; what the modules give is the class itself. */
export const Connection = connection as unknown as typeof connection.default
export const Transport = transport as unknown as typeof transport.default
