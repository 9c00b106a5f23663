/** The sink's errors, in the words in which each is reported. Pure. */
import { IndexMissing, IndexIncompatible, Misconfigured, SinkError, Unreachable } from "../Sink.ts"
import { ofFailure } from "./connection.ts"

/** The error for a generation that was there, and is not any more. */
export const gone = (writeAlias: string) =>
  new SinkError({ reason: new IndexMissing({ message: `there is no alias "${writeAlias}" any more` }) })

/** The error for a server that was not reached, or did not answer as it should. */
export const unreachable = (message: string) => new SinkError({ reason: new Unreachable({ message }) })

/** The error for a generation that may not be written. */
export const incompatible = (message: string) => new SinkError({ reason: new IndexIncompatible({ message }) })

/** The error for rows that come from where they must not. */
export const wrongSource = (message: string) => new SinkError({ reason: new Misconfigured({ message }) })

/** The error for a closed index. */
export const closed = (index: string) =>
  incompatible(`index ${index} can't be used: it is closed; open it (POST /${index}/_open)`)

/** The sentence for a server that refuses us as things are set up. */
export const misconfigured = (node: string, reason: string) =>
  new SinkError({ reason: new Misconfigured({ message: `OpenSearch at ${node} refused: ${reason}` }) })

/** The error for a client that can't be made as it is set. */
export const unusable = (message: string) =>
  new SinkError({ reason: new Misconfigured({ message: `OpenSearch: ${message}` }) })

/** The error for a connection that failed. */
export const failure = (node: string, message: string): SinkError => {
  const { _tag, reason } = ofFailure(message, node)
  return _tag === "Misconfigured"
    ? new SinkError({ reason: new Misconfigured({ message: `OpenSearch at ${node}: ${reason}` }) })
    : unreachable(`OpenSearch was not reached at ${node} (${reason}); check OPENSEARCH_NODE`)
}
