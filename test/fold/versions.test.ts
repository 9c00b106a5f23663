/** Versions as one string: any of them come back as they were, and those of one stream take little room. */
import { assert, it } from "@effect/vitest"
import { Arbitrary } from "effect"
import * as Version from "../../src/Version.ts"
import * as versions from "../../src/fold/versions.ts"
import { index } from "../../src/testing/deliveries.ts"

const digits = Arbitrary.map(Arbitrary.array(index(10), { minLength: 1, maxLength: 40 }), (all) =>
  all.join("").replace(/^0+(?=\d)/, "")
)
const stamped: Arbitrary.Arbitrary<versions.Stamped> = Arbitrary.map(
  Arbitrary.all({ epoch: index(3), kind: index(4), digits, shared: index(2), reading: index(4), removed: index(4) }),
  ({ digits, epoch, kind, reading, removed, shared }) => ({
    version: {
      epoch: [0, 1_767_225_600_000, 1_785_585_600_123][epoch]!,
      kind: kind === 0 ? 0 : 1,
      sequence: shared === 1 ? `10000000000${digits.slice(-9).padStart(9, "0")}` : digits,
      reading: reading === 0 ? 1_785_585_600_456 : 0
    },
    isRemoved: removed > 1,
    removedAt: removed === 3 ? 1_785_585_600_789 : undefined
  })
)

it.prop(
  "any versions come back as they were",
  [Arbitrary.array(stamped)],
  ([rows]) => {
    assert.deepStrictEqual(versions.decode(versions.encode(rows)), rows)
  },
  { arbitrary: { runs: 1000 } }
)

it.prop("the text needs no escape in JSON", [Arbitrary.array(stamped)], ([rows]) =>
  assert.match(versions.encode(rows), /^[0-9a-zET. ]*$/)
)

it.each([["1".repeat(15)], ["1".repeat(16)], ["9".repeat(31)], [`1${"0".repeat(30)}`], ["0"], [`${"9".repeat(40)}`]])(
  "a sequence number %s comes back alone and beside another",
  (sequence) => {
    const one = { version: Version.stream(1, sequence), isRemoved: false, removedAt: undefined }
    const other = { ...one, version: Version.stream(1, `5${sequence.slice(1)}`) }
    for (const rows of [[one], [one, one], [one, other]])
      assert.deepStrictEqual(versions.decode(versions.encode(rows)), rows)
  }
)

it("a row of one stream takes less than ten characters", () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({
    version: Version.stream(1_767_225_600_000, `4919400000000${String(1_234_567 + i * 37).padStart(12, "0")}`),
    isRemoved: false,
    removedAt: undefined
  }))
  assert.isBelow(versions.encode(rows).length / rows.length, 10)
})

it.each(["", "0", "0.1", "0..0 !", "0..0 E1.1", "x..1 Z", "0..0  "])("%j is not read as versions", (text) =>
  assert.isUndefined(versions.decode(text))
)
