/** OpenSearch for whoever fills or compares all of an index: the sink, and with it what looks at all its documents. */
import { Effect, Layer } from "effect"
import * as client from "../sink/opensearch/client.ts"
import * as OpenSearchSink from "../sink/opensearch/OpenSearchSink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import * as openSearchDocuments from "./openSearchDocuments.ts"
import * as openSearchProofs from "./openSearchProofs.ts"
import type { Proofs } from "./Proofs.ts"
import type { StoredDocuments } from "./StoredDocuments.ts"

type All = Sink | StoredDocuments | Proofs | Transport

/** With settings of your own; `aliasPrefix` is as the sink has it. */
export const layer = (
  options: client.Options & Pick<OpenSearchSink.Options, "aliasPrefix">
): Layer.Layer<All, SinkError> =>
  // Documents are written once each, and a repair must see what others did to them: nothing is to be remembered.
  Layer.mergeAll(
    OpenSearchSink.layerTransport({ ...options, cacheBytesMax: 0 }),
    openSearchDocuments.layer(options),
    openSearchProofs.layer(options)
  ).pipe(Layer.provideMerge(client.layer(options)))

/** As the environment says: the variables of `OpenSearchSink.layerConfig`. */
export const layerConfig: Layer.Layer<All, SinkError> = /* @__PURE__ */ Layer.unwrap(
  /* @__PURE__ */ Effect.suspend(() => Effect.map(OpenSearchSink.readConfig, layer))
)
