/** For comparison in `start.ts`: a handler that posts the same bulk by the official client, as one would write it. */
import { Client } from "@opensearch-project/opensearch"

const client = new Client({ node: process.env["OPENSEARCH_NODE"]! })

export const handler = async (event: {
  readonly Records: ReadonlyArray<{ readonly dynamodb: { readonly NewImage: object } }>
}) => {
  const rows = event.Records.flatMap(({ dynamodb }) => [{ index: {} }, dynamodb.NewImage])
  const { body } = await client.bulk({ index: process.env["BENCH_INDEX"]!, body: rows as never })
  if (body.errors) throw new Error("the bulk was refused")
  return { batchItemFailures: [] }
}
