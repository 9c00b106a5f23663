import { assert, describe, it } from "@effect/vitest"
import { ofFailure } from "../../../src/sink/opensearch/connection.ts"

describe("a connection that failed", () => {
  it.each([
    ["connect ECONNREFUSED 127.0.0.1:9200", "Transient"],
    ["socket hang up", "Transient"],
    ["Request timed out", "Transient"],
    ["getaddrinfo EAI_AGAIN search", "Transient"],
    ["getaddrinfo ENOTFOUND search", "Misconfigured"],
    ["unable to verify the first certificate", "Misconfigured"],
    ["self-signed certificate in certificate chain", "Misconfigured"],
    ["Hostname/IP does not match certificate's altnames", "Misconfigured"],
    ["write EPROTO wrong version number", "Misconfigured"],
    ["Could not load credentials from any providers", "Misconfigured"]
  ])("with %s is %s", (message, verdict) => {
    assert.strictEqual(ofFailure(message, "http://search:9200")._tag, verdict)
  })
})
