/** The suite that every sink passes, here on a real OpenSearch. */
import { Layer, Logger } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import * as OpenSearchSink from "../../../src/sink/opensearch/OpenSearchSink.ts"
import * as SinkSuite from "../../../src/testing/SinkSuite.ts"
import { describeReal } from "../../servers/servers.ts"
import { drop } from "../../whole/opensearch.ts"

describeReal("OpenSearchSink", ({ openSearchNode }) => {
  const aliasPrefix = `suite${randomInt(2 ** 31)}-`
  afterAll(() => drop(openSearchNode, aliasPrefix))
  const sink = OpenSearchSink.layer({ nodes: [new URL(openSearchNode)], auth: { _tag: "none" }, aliasPrefix })
  SinkSuite.suite("OpenSearch", Layer.mergeAll(sink, Logger.layer([])))
})
