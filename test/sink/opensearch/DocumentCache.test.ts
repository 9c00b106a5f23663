import { assert, describe, it } from "@effect/vitest"
import type { Document } from "../../../src/fold/Document.ts"
import { DocumentCache } from "../../../src/sink/opensearch/DocumentCache.ts"

const known = (seqNo: number) => ({
  document: { rows: [] } as unknown as Document,
  seqNo,
  primaryTerm: 1,
  isSafe: true
})

const at = (writeAlias: string, identity = "uuid") => ({ writeAlias, identity })

describe("KnownDocuments", () => {
  it("gives a document out once, until it is acknowledged again", () => {
    const documents = new DocumentCache(10_000)
    documents.put(at("a"), "1", known(7))
    assert.strictEqual(documents.take(at("a"), "1")?.seqNo, 7)
    assert.isUndefined(documents.take(at("a"), "1"))
  })
  it("keeps documents of two write aliases apart, whatever their ids", () => {
    const documents = new DocumentCache(10_000)
    documents.put(at("a"), "b c", known(1))
    assert.isUndefined(documents.take(at("a b"), "c"))
    assert.isUndefined(documents.take(at("b"), "b c"))
  })
  it("knows nothing of an index that was made anew or restored, and again of one that is as it was", () => {
    const documents = new DocumentCache(10_000)
    documents.put(at("a", "first"), "1", known(1))
    assert.isUndefined(documents.take(at("a", "second"), "1"))
    assert.strictEqual(documents.take(at("a", "first"), "1")?.seqNo, 1)
  })
  it("drops what was used longest ago when the bytes are full", () => {
    const documents = new DocumentCache(1_700)
    for (const id of ["1", "2", "3"]) documents.put(at("a"), id, known(Number(id)))
    documents.put(at("a"), "1", documents.take(at("a"), "1")!)
    documents.put(at("a"), "4", known(4))
    assert.deepStrictEqual(
      ["1", "2", "3", "4"].map((id) => documents.take(at("a"), id)?.seqNo),
      [1, undefined, 3, 4]
    )
  })
  it("does not keep a document larger than itself", () => {
    const documents = new DocumentCache(100)
    documents.put(at("a"), "1", known(1))
    assert.isUndefined(documents.take(at("a"), "1"))
  })
})
