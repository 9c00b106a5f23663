/** OpenSearch for whoever fills or compares all of an index: the sink, and with it what looks at all its documents. */
import { Effect, Layer } from "effect"
import * as client from "../sink/opensearch/client.ts"
import * as OpenSearchSink from "../sink/opensearch/OpenSearchSink.ts"
import type { Transport } from "../sink/opensearch/Transport.ts"
import type { Sink, SinkError } from "../sink/Sink.ts"
import * as openSearchDocuments from "./openSearchDocuments.ts"
import type { StoredDocuments } from "./StoredDocuments.ts"

/** As the environment says: the variables of `OpenSearchSink.layerConfig`. */
export const layerConfig: Layer.Layer<Sink | StoredDocuments | Transport, SinkError> = /* @__PURE__ */ Layer.unwrap(
  /* @__PURE__ */ Effect.suspend(() =>
    Effect.map(OpenSearchSink.readConfig, (options) =>
      // Documents are written once each, and a repair must see what others did to them: nothing is to be remembered.
      Layer.mergeAll(
        OpenSearchSink.layerTransport({ ...options, cacheBytesMax: 0 }),
        openSearchDocuments.layer(options)
      ).pipe(Layer.provideMerge(client.layer(options)))
    )
  )
)
