/** Decimals against BigDecimal and BigInt: one spelling for one number, doubles only where they are the same number. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, BigDecimal, Schema } from "effect"
import * as decimal from "../../src/decode/decimal.ts"
import { index } from "../../src/testing/deliveries.ts"

/** A number of up to 38 digits within DynamoDB's range, with one of its spellings. */
const spelled = Arbitrary.map(
  Arbitrary.all({
    digits: Arbitrary.array(index(10), { minLength: 1, maxLength: 38 }),
    point: index(39),
    power: index(161),
    sign: index(3),
    zeros: index(3),
    form: index(3)
  }),
  ({ digits, form, point, power, sign, zeros }) => {
    const all = `${"0".repeat(zeros)}${digits.join("")}${"0".repeat(zeros)}`
    const at = Math.min(point, all.length)
    const text = `${all.slice(0, at)}${at === all.length ? "" : `.${all.slice(at)}`}`
    const exponent = ["", `E${power - 80}`, `e+${power % 80}`][form]!
    return `${sign === 1 ? "-" : sign === 2 ? "+" : ""}${text}${exponent}`
  }
)

const valueOf = (text: string) => BigDecimal.fromStringUnsafe(text.replace(/^\+/, ""))
const runs = { arbitrary: { runs: 500 } }

describe("canonical", () => {
  it.prop(
    "is the same number, in plain digits without idle zeros",
    [spelled],
    ([text]) => {
      const canonical = decimal.canonical(text)!
      assert.isTrue(BigDecimal.equals(valueOf(canonical), valueOf(text)), `${text} became ${canonical}`)
      assert.match(canonical, /^(?:0|-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?)$/)
      assert.strictEqual(decimal.canonical(canonical), canonical)
    },
    runs
  )

  it.prop("is one spelling for one number", [spelled, index(5)], ([text, zeros]) => {
    const shifted = BigDecimal.normalize(valueOf(text))
    const other = `${shifted.value}${"0".repeat(zeros)}E${-shifted.scale - zeros}`
    assert.strictEqual(decimal.canonical(other), decimal.canonical(text))
  })

  it.each(["", " ", "abc", "1e", "--1", "1.2.3", "0x10", "1_0", "NaN", "Infinity", "1 ", ".", "-", "e5", "１"])(
    "%j is no number",
    (text) => {
      assert.isUndefined(decimal.canonical(text))
      assert.isUndefined(decimal.exact(text))
      assert.isUndefined(decimal.sortable(text))
    }
  )

  it.each([
    ["1.70206220242E+12", "1702062202420"],
    ["1702062202420.000", "1702062202420"],
    ["-0", "0"],
    ["-0.0E5", "0"],
    ["00.10", "0.1"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1E-130", `0.${"0".repeat(129)}1`],
    ["-9.9e3", "-9900"]
  ])("case 4: %s is %s", (text, canonical) => assert.strictEqual(decimal.canonical(text), canonical))
})

describe("exact", () => {
  it.prop(
    "gives a double only where its shortest decimal is the same number",
    [spelled],
    ([text]) => {
      const value = decimal.exact(text)
      const double = Number(text)
      const same = Number.isFinite(double) && BigDecimal.equals(valueOf(String(double)), valueOf(text))
      assert.strictEqual(value !== undefined, same)
      if (value !== undefined) assert.isTrue(Object.is(value, double === 0 ? 0 : double))
    },
    runs
  )

  it.prop("takes every double's own text", [Schema.Finite], ([value]) =>
    assert.strictEqual(decimal.exact(String(value)), value === 0 ? 0 : value)
  )

  it.prop("takes every safe integer", [Schema.Int], ([value]) =>
    assert.strictEqual(decimal.exact(String(value)), value === 0 ? 0 : value)
  )

  it.each([
    "3804086584686624768",
    "9007199254740993",
    "0.1234567890123456789",
    "123456789012345678901234567890.12345678"
  ])("case 2: %s fits no double", (text) => assert.isUndefined(decimal.exact(text)))

  it.each([
    ["19.99", 19.99],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992],
    ["-0", 0],
    ["1E+22", 1e22],
    ["0.1", 0.1]
  ] as const)("%s is %d", (text, value) => assert.isTrue(Object.is(decimal.exact(text), value)))
})

describe("sortable", () => {
  it.prop(
    "orders as the numbers do",
    [spelled, spelled],
    ([a, b]) => {
      const left = Buffer.from(decimal.sortable(a)!)
      const right = Buffer.from(decimal.sortable(b)!)
      assert.strictEqual(Math.sign(Buffer.compare(left, right)), BigDecimal.Order(valueOf(a), valueOf(b)))
    },
    runs
  )

  it.prop("and back is the canonical spelling", [spelled], ([text]) =>
    assert.strictEqual(decimal.fromSortable(decimal.sortable(text)!), decimal.canonical(text))
  )

  it("orders neighbours of one length of digits", () => {
    const ordered = [
      "-1e125",
      "-100",
      "-15",
      "-10",
      "-9.5",
      "-9",
      "-1.5",
      "-1",
      "-0.1",
      "-0.01",
      "0",
      "1E-130",
      "0.01",
      "0.1",
      "1",
      "1.5",
      "9",
      "9.5",
      "10",
      "15",
      "100",
      "1e125"
    ]
    const texts = ordered.map((text) => decimal.sortable(text)!)
    assert.deepStrictEqual(texts.toSorted(), texts)
  })
})
