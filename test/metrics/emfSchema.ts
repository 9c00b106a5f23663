/** CloudWatch's specification of the embedded metric format, as a schema and the rules that a schema can't hold. */
import { assert } from "@effect/vitest"
import { Schema } from "effect"

const text = (max: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(max))

const units = ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Percent", "Count", "None"] as const

const Directive = Schema.Struct({
  Namespace: text(1024),
  Dimensions: Schema.Array(Schema.Array(text(250)).check(Schema.isMaxLength(30))).check(Schema.isMinLength(1)),
  Metrics: Schema.Array(
    Schema.Struct({
      Name: text(1024),
      Unit: Schema.optionalKey(Schema.Literals(units)),
      StorageResolution: Schema.optionalKey(Schema.Literals([1, 60]))
    })
  ).check(Schema.isMaxLength(100))
})

const Root = Schema.Struct({
  _aws: Schema.Struct({ Timestamp: Schema.Int, CloudWatchMetrics: Schema.Array(Directive) })
})

const decode = Schema.decodeUnknownSync(Root, { onExcessProperty: "ignore" })

const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value)

/** Takes a line as CloudWatch does: gives its metrics by name, or throws where the specification is not met. */
export const accept = (line: string): { readonly [name: string]: number | ReadonlyArray<number> } => {
  assert.isAtMost(Buffer.byteLength(line), 256 * 1024)
  const root = JSON.parse(line)
  const { CloudWatchMetrics } = decode(root)._aws
  const found: { [name: string]: number | ReadonlyArray<number> } = {}
  for (const { Dimensions, Metrics } of CloudWatchMetrics) {
    for (const name of Dimensions.flat()) {
      assert.isString(root[name], `the dimension ${name}`)
      assert.isTrue(root[name].length > 0 && root[name].length <= 1024, `the dimension ${name}`)
    }
    for (const { Name } of Metrics) {
      assert.isFalse(Name in found, `${Name} stands twice`)
      const value = root[Name]
      const isList = Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(isNumber)
      assert.isTrue(isList || isNumber(value), `${Name} is ${JSON.stringify(value)}`)
      found[Name] = value
    }
  }
  return found
}
