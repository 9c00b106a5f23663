/** The part of a command's help that tells how OpenSearch is found; `OpenSearchSink.layerConfig` reads the variables. */
export const openSearchEnvironment = (when: string): string =>
  `  OpenSearch (${when}) is found by:
    OPENSEARCH_NODE          its address, or several of one cluster: https://a:9200,https://b:9200
    OPENSEARCH_AUTH          none, basic or sigv4 (default: basic if there is a user name, else none)
    OPENSEARCH_USERNAME      and OPENSEARCH_PASSWORD, for basic
    AWS_REGION               for sigv4, and credentials as the AWS CLI finds them
    OPENSEARCH_ALIAS_PREFIX  put before each alias (default: none)`
