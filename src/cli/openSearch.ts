/** OpenSearch for the commands: how it is found, in the words of their help, and the sink, loaded when asked for. */
import { Effect, Layer } from "effect"
import * as setting from "../setting.ts"
import type { Proofs } from "../maintain/Proofs.ts"
import type { StoredDocuments } from "../maintain/StoredDocuments.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"

/** The part of a command's help; `OpenSearchSink.layerConfig` reads the variables. */
export const openSearchEnvironment = (when: string): string =>
  `  OpenSearch (${when}) is found by:
    OPENSEARCH_NODE          its address, or several of one cluster: https://a:9200,https://b:9200
    OPENSEARCH_AUTH          none, basic or sigv4 (default: basic if there is a user name, else none)
    OPENSEARCH_USERNAME      and OPENSEARCH_PASSWORD, for basic; or in the address: https://name:password@a:9200
    OPENSEARCH_SECRET        or the name or ARN of a secret of AWS Secrets Manager that holds username and password
    AWS_REGION               for sigv4, and credentials as the AWS CLI finds them
    OPENSEARCH_ALIAS_PREFIX  put before each alias (default: none)`

// The client takes a tenth of a second to load, which only those wait for who use it.
export const layerOpenSearch: Layer.Layer<Sink, SinkError> = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("../sink/opensearch/OpenSearchSink.ts")),
    ({ layerConfig }) => layerConfig
  )
)

/** The sink, and with it what looks at all its documents. */
export const layerGeneration: Layer.Layer<Sink | StoredDocuments | Proofs | Transport, SinkError> = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("../maintain/openSearchIndex.ts")),
    ({ layerConfig }) => layerConfig
  )
)

/** The sink that remembers what it wrote, and with it what looks at all its documents: for who follows a stream. */
export const layerFollowing: Layer.Layer<Sink | StoredDocuments | Transport, SinkError> = Layer.unwrap(
  Effect.gen(function* () {
    const OpenSearchSink = yield* Effect.promise(() => import("../sink/opensearch/OpenSearchSink.ts"))
    const client = yield* Effect.promise(() => import("../sink/opensearch/client.ts"))
    const documents = yield* Effect.promise(() => import("../maintain/openSearchDocuments.ts"))
    const options = yield* OpenSearchSink.readConfig
    return Layer.merge(OpenSearchSink.layerTransport(options), documents.layer(options)).pipe(
      Layer.provideMerge(client.layer(options))
    )
  })
)

/** The prefix of each alias. */
export const aliasPrefix: Effect.Effect<string, setting.SettingError> = Effect.map(
  setting.text("OPENSEARCH_ALIAS_PREFIX"),
  (prefix) => prefix ?? ""
)
