/** The limit of `start.ts`: a handler without any library that posts one bulk of the rows as they are. */
export const handler = async (event: {
  readonly Records: ReadonlyArray<{ readonly dynamodb: { readonly NewImage: object } }>
}) => {
  const { request } = process.getBuiltinModule("node:http")
  const body = event.Records.map(({ dynamodb }) => `{"index":{}}\n${JSON.stringify(dynamodb.NewImage)}\n`).join("")
  const url = `${process.env["OPENSEARCH_NODE"]}/${process.env["BENCH_INDEX"]}/_bulk`
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { "content-type": "application/x-ndjson" }
    const post = request(url, { method: "POST", headers }, (response) => {
      let text = ""
      response.on("data", (chunk) => (text += String(chunk)))
      response.on("end", () => resolve(text))
    })
    post.on("error", reject)
    post.end(body)
  })
  if (JSON.parse(text).errors !== false) throw new Error("the bulk was refused")
  return { batchItemFailures: [] }
}
