/**
 * DynamoDB's typed values as plain JSON-like values, led by the schema that will read them. Numbers arrive exact or
 * not at all: as a double where that is the same number, as decimal text where the schema holds any digits
 * (`Schema.BigInt`, `Schema.BigDecimal`) or takes any JSON, and else the field is named in a problem.
 */
import { SchemaAST } from "effect"
import { isPresent, representationOf } from "../define/Mapping.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
import { codePoints } from "./codePoints.ts"
import * as decimal from "./decimal.ts"

/** How a schema wants numbers at one place, and below it. */
export interface Want {
  readonly number: "double" | "text" | "any"
  /** The places of a struct's fields by attribute name; `undefined` where every attribute is wanted. */
  readonly fields: ReadonlyMap<string, Want> | undefined
  readonly inner: Want | undefined
}

/** What could not be read, by the path of the schema's names, `*` for others (they are data); the first one wins. */
export interface Problem {
  path: string
  message: string
}

export class Reader {
  problem: Problem | undefined = undefined

  /** The wanted attributes of a row or map as an object. */
  object(attributes: Attributes, want: Want, path: string): { [name: string]: unknown } {
    const out: { [name: string]: unknown } = {}
    const names = want.fields === undefined ? Object.keys(attributes).sort() : want.fields.keys()
    for (const name of names) {
      if (!Object.hasOwn(attributes, name)) continue
      const inner = want.fields?.get(name) ?? want.inner ?? anything
      const known = want.fields === undefined ? "*" : name
      set(out, name, this.value(attributes[name]!, inner, path === "" ? known : `${path}.${known}`))
    }
    return out
  }

  value(value: AttributeValue, want: Want, path: string): unknown {
    if (typeof value !== "object" || value === null) return this.fail(path, "is not an attribute value")
    if ("S" in value) return value.S
    if ("N" in value) return this.number(value.N, want, path)
    if ("BOOL" in value) return value.BOOL
    if ("M" in value) return this.object(value.M, want, path)
    if ("L" in value) {
      return value.L.map((item, i) => this.value(item, want.inner ?? anything, `${path}[${i}]`))
    }
    if ("NULL" in value) return null
    if ("SS" in value) return value.SS.toSorted(codePoints)
    if ("B" in value) return base64(value.B)
    if ("NS" in value) return this.numbers(value.NS, want.inner ?? anything, path)
    if ("BS" in value) return value.BS.map(base64).sort()
    return this.fail(path, "has an attribute type that DynamoDB does not have")
  }

  private number(text: string, want: Want, path: string): unknown {
    if (want.number === "text") return decimal.canonical(text) ?? this.fail(path, "holds a number that is none")
    const value = decimal.exact(text)
    if (value !== undefined) return value
    if (want.number === "any") return decimal.canonical(text) ?? this.fail(path, "holds a number that is none")
    return this.fail(path, "holds a number with more digits than a double can; declare it Schema.BigInt or BigDecimal")
  }

  private numbers(texts: ReadonlyArray<string>, want: Want, path: string): ReadonlyArray<unknown> {
    const keyed = texts.map((text) => [decimal.sortable(text) ?? "", text] as const)
    return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => this.number(text, want, path))
  }

  private fail(path: string, message: string): undefined {
    this.problem ??= { path, message }
    return undefined
  }
}

export const base64 = (value: string | Uint8Array): string =>
  typeof value === "string" ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")

/** `__proto__` as an attribute's name is an ordinary property here, never the prototype. */
const set = (object: { [name: string]: unknown }, name: string, value: unknown): void => {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
  else object[name] = value
}

const anything: Want = { number: "any", fields: undefined, inner: undefined }
const double: Want = { ...anything, number: "double" }
const digits: Want = { ...anything, number: "text" }

/** What a schema's encoded side wants; for a class or renamed keys that is where their encoding ends. */
export const wanted = (ast: SchemaAST.AST): Want => {
  if (SchemaAST.isBigInt(ast)) return digits
  if (SchemaAST.isDeclaration(ast) && representationOf(ast.annotations) === "effect/schema/BigDecimal") return digits
  const encoding = ast.encoding?.at(-1)?.to
  if (SchemaAST.isNumber(ast) && (encoding === undefined || SchemaAST.isUnion(encoding))) return double
  if (encoding !== undefined) return wanted(encoding)
  if (SchemaAST.isObjects(ast)) return ofObjects(ast)
  if (SchemaAST.isArrays(ast)) return { ...anything, inner: either([...ast.elements, ...ast.rest].map(wanted)) }
  if (SchemaAST.isUnion(ast)) return either(ast.types.filter(isPresent).map(wanted))
  return anything
}

const ofObjects = (ast: SchemaAST.Objects): Want => {
  const rest = ast.indexSignatures.map((signature) => wanted(signature.type))
  const fields = new Map(ast.propertySignatures.map(({ name, type }) => [String(name), wanted(type)]))
  return rest.length === 0 ? { number: "any", fields, inner: undefined } : { ...anything, inner: either(rest) }
}

/** Several alternatives want one thing only where they agree; else numbers come as they fit. */
const either = (wants: ReadonlyArray<Want>): Want => {
  const [first, ...others] = wants
  if (first === undefined) return anything
  if (others.length === 0) return first
  const number = others.every((want) => want.number === first.number) ? first.number : "any"
  return { ...anything, number }
}
