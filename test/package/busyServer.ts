/** A bundled handler, run as Lambda runs it, against an OpenSearch that never has time: its requests are what counts. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as LambdaRuntime from "../servers/LambdaRuntime.ts"

const event = JSON.stringify({
  Records: [
    {
      eventName: "INSERT",
      eventSource: "aws:dynamodb",
      eventSourceARN: "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.000",
      dynamodb: {
        Keys: { PK: { S: "ORDER#1" }, SK: { S: "DETAILS" } },
        NewImage: { PK: { S: "ORDER#1" }, SK: { S: "DETAILS" }, status: { S: "new" }, totalAmount: { N: "6" } },
        SequenceNumber: "100",
        StreamViewType: "NEW_IMAGE"
      }
    }
  ]
})

const credentials = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" }

/** Gives what the handler answered, and how its requests were signed. */
export const startAgainstBusy = async (
  file: string
): Promise<{ readonly result: unknown; readonly authorizations: ReadonlyArray<string> }> => {
  const authorizations: Array<string> = []
  const server = createServer(({ headers }, response) => {
    authorizations.push(headers.authorization ?? "")
    response.writeHead(503).end()
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  const env = { ...credentials, OPENSEARCH_NODE: `http://127.0.0.1:${port}`, OPENSEARCH_AUTH: "sigv4" }
  const container = await LambdaRuntime.start({ file, env, timeoutMillis: 5_000 })
  try {
    return { result: (await container.invoke(event)).value, authorizations }
  } finally {
    await container.end()
    server.close()
  }
}
