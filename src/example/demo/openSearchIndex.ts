/** The demonstration's documents in an OpenSearch; what it made there is removed when the scope closes. */
import { Context, Effect, Layer, type Scope } from "effect"
import * as setting from "../../setting.ts"
import * as answer from "../../sink/opensearch/answer.ts"
import * as client from "../../sink/opensearch/client.ts"
import * as OpenSearchSink from "../../sink/opensearch/OpenSearchSink.ts"
import { type Request, Transport } from "../../sink/opensearch/Transport.ts"
import { SinkError, Unreachable } from "../../sink/Sink.ts"
import type { Index } from "./Index.ts"
import * as show from "./show.ts"

export interface Options {
  readonly connection: client.Options
  readonly title: string
  readonly aliasPrefix: string
}

export const openSearchIndex = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Index, SinkError | setting.SettingError, Scope.Scope> {
  const { aliasPrefix, connection, title } = options
  const context = yield* Layer.build(client.layer(connection))
  const transport = Context.get(context, Transport)
  const ask = (request: Request) =>
    Effect.mapError(
      transport.request(request),
      ({ message }) => new SinkError({ reason: new Unreachable({ message: `OpenSearch was not reached: ${message}` }) })
    )
  const remove = ask({ method: "DELETE", path: `/${aliasPrefix}orders-000001,${aliasPrefix}users-000001` })
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(remove, "5 seconds")))
  return {
    title,
    aliasOf: (aggregate) => `${aliasPrefix}${aggregate}`,
    sink: Layer.provide(OpenSearchSink.layerTransport({ aliasPrefix }), Layer.succeed(Transport, transport)),
    search: (words) =>
      Effect.map(
        ask({ method: "POST", path: `/${aliasPrefix}orders/_search`, body: JSON.stringify({ query: nested(words) }) }),
        ({ text }) => idsOf(answer.parse(text))
      ),
    searchText: (words) => `GET /${aliasPrefix}orders/_search\n    ${show.json({ query: nested(words) })}`
  }
})

const nested = (words: string) => ({
  nested: { path: "orderItems", query: { match_phrase: { "orderItems.productName.text": words } } }
})

const idsOf = (found: unknown): ReadonlyArray<string> => {
  const hits = (found as { hits?: { hits?: ReadonlyArray<{ _id: string }> } } | undefined)?.hits?.hits
  return (hits ?? []).map(({ _id }) => _id)
}
