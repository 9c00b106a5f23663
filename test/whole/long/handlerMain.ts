/**
 * A function's process: the handler as its environment says, with dead letters in a file. It is driven over its IPC
 * channel.
 */
import { NodeServices } from "@effect/platform-node"
import { Layer } from "effect"
import * as Lambda from "../../../src/lambda/Lambda.ts"
import * as File from "../../../src/sink/deadletter/file.ts"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import { table } from "../../../src/example/table.ts"

const handler = Lambda.make(table, {
  layer: OpenSearchSink.layerConfig,
  deadLetters: Layer.provide(File.layer(process.env["LETTERS"]!), NodeServices.layer),
  margin: "1 second",
  onNothingSettled: "throw"
})

process.on("message", ({ event, left }: { readonly event: unknown; readonly left: number }) => {
  handler(event, { getRemainingTimeInMillis: () => 1000 + left }).then(
    (response) => process.send!({ response }),
    (error: Error) => process.send!({ error: error.message })
  )
})
