/** A function's process that fills parts, as its environment says. It is driven over its IPC channel. */
import { table } from "../../../src/example/table.ts"
import { Lambda, OpenSearchIndex } from "../../../src/lambda/index.ts"

const handler = Lambda.backfill(table, { layer: OpenSearchIndex.layerConfig })

process.on("message", ({ event, left }: { readonly event: unknown; readonly left: number }) => {
  handler(event, { getRemainingTimeInMillis: () => left }).then(
    (answer) => process.send!({ answer }),
    (error: Error) => process.send!({ error: `${error.name}: ${error.message}` })
  )
})
