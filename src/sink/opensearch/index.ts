/** `tablefold/opensearch`: the sink for OpenSearch. */
export * as OpenSearchSink from "./OpenSearchSink.ts"
