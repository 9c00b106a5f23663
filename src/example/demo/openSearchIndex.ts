/** The demonstration's documents in an OpenSearch; what it made there is removed when the scope closes. */
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { Failure } from "../../cli/Failure.ts"
import * as answer from "../../sink/opensearch/answer.ts"
import * as client from "../../sink/opensearch/client.ts"
import * as OpenSearchSink from "../../sink/opensearch/OpenSearchSink.ts"
import { type Request, Transport } from "../../sink/opensearch/Transport.ts"
import { SinkError, Unreachable } from "../../sink/Sink.ts"
import type { Index } from "./Index.ts"
import * as show from "./show.ts"

export interface Options {
  readonly nodes: ReadonlyArray<string>
  readonly title: string
  readonly aliasPrefix: string
}

export const openSearchIndex = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Index, Failure | SinkError, Scope.Scope> {
  const { aliasPrefix, title } = options
  const nodes = yield* Effect.forEach(options.nodes, toUrl)
  const auth = yield* authOf(process.env)
  const context = yield* Layer.build(client.layer({ nodes, auth }))
  const transport = Context.get(context, Transport)
  const ask = (request: Request) =>
    Effect.mapError(
      transport.request(request),
      ({ message }) => new SinkError({ reason: new Unreachable({ message: `OpenSearch was not reached: ${message}` }) })
    )
  const remove = ask({ method: "DELETE", path: `/${aliasPrefix}orders-000001,${aliasPrefix}users-000001` })
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(remove, "5 seconds")))
  const user = auth._tag === "basic" ? '-u "$OPENSEARCH_USERNAME:$OPENSEARCH_PASSWORD" ' : ""
  return {
    title,
    aliasOf: (aggregate) => `${aliasPrefix}${aggregate}`,
    sink: Layer.provide(OpenSearchSink.layerTransport({ aliasPrefix }), Layer.succeed(Transport, transport)),
    search: (words) =>
      Effect.map(
        ask({ method: "POST", path: `/${aliasPrefix}orders/_search`, body: JSON.stringify({ query: nested(words) }) }),
        ({ text }) => idsOf(answer.parse(text))
      ),
    searchText: (words) => `GET /${aliasPrefix}orders/_search\n    ${show.json({ query: nested(words) })}`,
    curl: (id) => `curl ${user}"${nodes[0]!.origin}/${aliasPrefix}orders/_doc/${id}?_source_excludes=_sync&pretty"`
  }
})

const nested = (words: string) => ({
  nested: { path: "orderItems", query: { match_phrase: { "orderItems.productName.text": words } } }
})

const idsOf = (found: unknown): ReadonlyArray<string> => {
  const hits = (found as { hits?: { hits?: ReadonlyArray<{ _id: string }> } } | undefined)?.hits?.hits
  return (hits ?? []).map(({ _id }) => _id)
}

const toUrl = (text: string): Effect.Effect<URL, Failure> => {
  const url = URL.parse(text)
  return url === null
    ? Effect.fail(new Failure({ message: `OPENSEARCH_NODE holds no address: it must be like https://host:9200` }))
    : Effect.succeed(url)
}

/** As `OpenSearchSink.layerConfig` reads it. */
const authOf = (env: NodeJS.ProcessEnv): Effect.Effect<client.Auth, Failure> => {
  const { AWS_REGION, OPENSEARCH_AUTH, OPENSEARCH_PASSWORD, OPENSEARCH_USERNAME: username } = env
  const auth = OPENSEARCH_AUTH || (username ? "basic" : "none")
  if (auth === "sigv4" && AWS_REGION) return Effect.succeed({ _tag: "sigv4", region: AWS_REGION })
  if (auth === "basic" && username && OPENSEARCH_PASSWORD) {
    return Effect.succeed({ _tag: "basic", username, password: Redacted.make(OPENSEARCH_PASSWORD) })
  }
  if (auth === "none") return Effect.succeed({ _tag: "none" })
  return Effect.fail(
    new Failure({
      message:
        `OPENSEARCH_AUTH is ${auth}: basic needs OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD, sigv4 needs ` +
        "AWS_REGION, and none needs nothing"
    })
  )
}
