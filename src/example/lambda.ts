/** The example's Lambda function, `index.handler` of the folder `dist/example/lambda` that `npm run build` makes. */
import * as Lambda from "../lambda/Lambda.ts"
import * as DeadLetters from "../sink/deadletter/DeadLetters.ts"
import * as OpenSearchSink from "../sink/opensearch/OpenSearchSink.ts"
import { table } from "./table.ts"

export const handler = Lambda.make(table, {
  layer: OpenSearchSink.layerConfig,
  deadLetters: DeadLetters.layerConfig
})
