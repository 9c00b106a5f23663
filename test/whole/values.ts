/** Attribute values, easy ones and hard ones. Every text is marked, so that logs can be searched for rows' data. */
import type { Item, Value } from "./dynamodb.ts"
import type { Random } from "./random.ts"

/** Stands in values, never in keys. */
export const secret = "s3cret"

export const s = (text: string): Value => ({ S: text })
export const n = (text: string | number): Value => ({ N: String(text) })
export const b = (bytes: ReadonlyArray<number>): Value => ({ B: Buffer.from(bytes).toString("base64") })

/** Names and key values that code trips over. */
export const oddTexts = (
  "1\t2\t10\t01\t.\ta..b\t \t__proto__\t\u0001\tconstructor\t9007199254740993\t1e3\t" +
  '\u{1f375}\t\uff21\te\u0301\t\u00e9\ta"b\\c\ta\nb\ta|b\t${x}{y}'
).split("\t")

export const text = (r: Random): Value =>
  s(
    r.pick([
      secret,
      `${secret} ${r.below(1000)}`,
      "",
      `${secret}\u0000\u001f\u2028"\\`,
      `${secret} \u{1f375}\ud83d\ude00`
    ])
  )

/** Numbers that a double holds exactly, in any spelling. */
export const double = (r: Random): Value =>
  n(r.pick([String(r.below(100_000) / 100), "0", "-0", "19.99", "1E+2", "1.70E+3", "1E-7", "-5", "9.5E+125", "1E-130"]))

/** Whole numbers that a double holds exactly. */
export const int = (r: Random): Value =>
  n(r.pick([String(r.below(100)), "1E+3", "9007199254740991", "-9007199254740991", "0"]))

/** Whole numbers of any size. */
export const bigInt = (r: Random): Value =>
  n(r.pick(["3804086584686624768", "9007199254740993", "-1", "0", "12345678901234567890123456789012345678", "1E+37"]))

export const decimal = (r: Random): Value =>
  n(
    r.pick(
      r.pick([
        ["0.1", "19.99", "3.1415926535897932384626433832795028841", "-123456789012345678.90123456789"],
        ["1E+125", "1.5E-130", "0", "10", String(r.below(1000) / 8)]
      ])
    )
  )

/** Any value that DynamoDB can hold. */
export const anything = (r: Random, depth = 0): Value => {
  const leaves: ReadonlyArray<() => Value> = [
    () => text(r),
    () => r.pick([double, bigInt, decimal])(r),
    () => ({ BOOL: r.chance(0.5) }),
    () => ({ NULL: true }),
    () => r.pick([b([]), b([0]), b([255, 254, 253, 252]), b([r.below(256)])]),
    () => ({ SS: r.shuffled(["\u{1f375}", "\uff21", "b", "a", "", secret]).slice(0, 1 + r.below(5)) }),
    () => ({ NS: r.shuffled(["10", "9", "-1", "0.5", "3804086584686624768", "-20"]).slice(0, 1 + r.below(5)) }),
    () => ({ BS: r.shuffled(["AA==", "//4=", "AQID", ""]).slice(0, 1 + r.below(3)) })
  ]
  if (depth > 4 || r.chance(0.4)) return r.pick(leaves)()
  if (r.chance(0.5)) return { L: Array.from({ length: r.below(4) }, () => anything(r, depth + 1)) }
  const names = r.shuffled([...oddTexts, "_id", "_source", "a.b", "toString", "hasOwnProperty"]).slice(0, r.below(4))
  return { M: Object.fromEntries(names.map((name) => [name, anything(r, depth + 1)])) }
}

/** A map in a map, as deep as DynamoDB allows below an attribute. */
export const deep = (r: Random): Value => {
  let value: Value = text(r)
  for (let i = 0; i < 29; i++) value = i % 2 === 0 ? { M: { down: value } } : { L: [value] }
  return value
}

/** The item without those attributes that chance leaves out. */
export const sparse = (r: Random, item: Item, optional: Item): Item => ({
  ...item,
  ...Object.fromEntries(Object.entries(optional).filter(() => r.chance(0.6)))
})
