/** The example's Lambda function: `npm run build` bundles it into `dist/example/lambda.mjs`. */
import * as Lambda from "../lambda/Lambda.ts"
import * as DeadLetters from "../sink/DeadLetters.ts"
import * as OpenSearchSink from "../sink/opensearch/OpenSearchSink.ts"
import { table } from "./table.ts"

export const handler = Lambda.make(table, {
  layer: OpenSearchSink.layerConfig,
  deadLetters: DeadLetters.layerConfig
})
