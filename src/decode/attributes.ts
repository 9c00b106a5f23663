/**
 * DynamoDB's typed values as plain JSON-like values, led by the schema that will read them. Numbers arrive exact or
 * not at all: as a double where that is the same number, as decimal text where the schema holds any digits
 * (`Schema.BigInt`, `Schema.BigDecimal`) or takes any JSON, and else the field is named in a problem.
 */
import { SchemaAST } from "effect"
import { isPresent, representationOf } from "../define/Mapping.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"
import { typeOf, typeProblem } from "./attributeType.ts"
import { base64 } from "./base64.ts"
import { codePoints } from "./codePoints.ts"
import * as decimal from "./decimal.ts"

/** The form in which a schema wants numbers at one place, and below it. */
export interface Want {
  readonly number: "double" | "text" | "any"
  /** The places of a struct's fields by attribute name; `undefined` where every attribute is wanted. */
  readonly fields: ReadonlyMap<string, Want> | undefined
  readonly inner: Want | undefined
  /** Tells that a field is named like a member of every object, which a schema would find where the row lacks it. */
  readonly hasInherited?: boolean
}

/** Names what could not be read, by the path of the schema's names, `*` for others (they are data). */
export interface Problem {
  readonly path: string
  readonly message: string
}

export class Reader {
  /** The first thing that could not be read, and the others. */
  problem: Problem | undefined = undefined
  otherProblems: Array<Problem> | undefined = undefined
  /** Places of numbers that no double holds, carried as text for a schema that takes any JSON. */
  carried: ReadonlyArray<string> = none
  /** Tells whether a NULL was read. */
  hasNull = false
  private depth = 0

  /** The wanted attributes of a row. `keys` are what the names of the key templates stand for, where it lacks them. */
  row(attributes: Attributes, keys: { readonly [name: string]: string }, want: Want): { [name: string]: unknown } {
    const out = this.object(attributes, want, "")
    for (const name in keys) {
      const inner = want.fields?.get(name)
      if (inner !== undefined && !Object.hasOwn(attributes, name)) set(out, name, this.key(keys[name]!, inner, name))
    }
    return out
  }

  /** The wanted attributes of a row or map as an object. */
  object(attributes: Attributes, want: Want, path: string): { [name: string]: unknown } {
    const out: { [name: string]: unknown } = want.hasInherited === true ? Object.create(null) : {}
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
    const type = typeof value === "object" && value !== null ? typeOf(value) : undefined
    if (type === undefined) return this.fail(path, typeProblem(value))
    const member = (value as { readonly [type: string]: unknown })[type]
    switch (type) {
      case "S":
        return typeof member === "string" ? member : this.wrong(path, type, "text")
      case "N":
        return this.number(member, want, path)
      case "BOOL":
        return typeof member === "boolean" ? member : this.wrong(path, type, "true or false")
      case "M":
      case "L":
        return this.nested(member, type, want, path)
      case "NULL":
        this.hasNull = true
        return member === true ? null : this.wrong(path, type, "true")
      case "B":
        return base64(member) ?? this.wrong(path, type, "bytes or base64 text")
      case "SS":
      case "NS":
      case "BS":
        return this.set(member, type, want, path)
      default:
        return this.fail(path, "has an attribute type that DynamoDB does not have")
    }
  }

  private key(text: string, want: Want, path: string): unknown {
    return want.number === "double" && decimal.canonical(text) !== undefined ? this.number(text, want, path) : text
  }

  private nested(member: unknown, type: "M" | "L", want: Want, path: string): unknown {
    if (this.depth === depthMax) return this.fail(path, "is nested deeper than DynamoDB nests values")
    this.depth++
    const value = type === "M" ? this.map(member, want, path) : this.list(member, want, path)
    this.depth--
    return value
  }

  private map(member: unknown, want: Want, path: string): unknown {
    return isMap(member) ? this.object(member, want, path) : this.wrong(path, "M", "a map")
  }

  private list(items: unknown, want: Want, path: string): unknown {
    if (!Array.isArray(items)) return this.wrong(path, "L", "a list")
    return items.map((item: AttributeValue, i) => this.value(item, want.inner ?? anything, `${path}[${i}]`))
  }

  private number(text: unknown, want: Want, path: string): unknown {
    if (typeof text !== "string") return this.wrong(path, "N", "a number as text")
    const value = want.number === "text" ? undefined : decimal.exact(text)
    if (value !== undefined) return value
    const digits = decimal.canonical(text)
    if (digits === undefined) return this.fail(path, "holds a number that DynamoDB does not have")
    if (want.number === "text") return digits
    if (want.number === "double") return this.fail(path, inexact)
    this.carried = [...this.carried, path]
    return digits
  }

  /** A set has no order of its own, so its elements are put into one. */
  private set(elements: unknown, type: "SS" | "NS" | "BS", want: Want, path: string): unknown {
    if (!Array.isArray(elements)) return this.wrong(path, type, "a list")
    if (type === "SS") {
      return elements.every(isString) ? elements.toSorted(codePoints) : this.wrong(path, type, "texts alone")
    }
    if (type === "BS") {
      const texts = elements.map(base64)
      return texts.every(isString) ? texts.sort() : this.wrong(path, type, "bytes or base64 texts alone")
    }
    const keyed = elements.map((text) => [isString(text) ? (decimal.sortable(text) ?? "") : "", text] as const)
    keyed.sort(([a], [b]) => (a < b ? -1 : 1))
    return keyed.map(([, text]) => this.number(text, want.inner ?? anything, path))
  }

  private wrong(path: string, type: string, expected: string): undefined {
    return this.fail(path, `is of type ${type} but does not hold ${expected}`)
  }

  private fail(path: string, message: string): undefined {
    if (this.problem === undefined) this.problem = { path, message }
    else (this.otherProblems ??= []).push({ path, message })
    return undefined
  }
}

/**
 * DynamoDB nests values 32 levels deep ("Supported data types and naming rules", Document types). Twice that leaves
 * room for how it counts, and is far from the depth at which reading them would overflow the stack.
 */
export const depthMax = 64

export const inexact = "holds a number with more digits than a double can; declare it Schema.BigInt or BigDecimal"

const none: ReadonlyArray<string> = []

const isString = (value: unknown): value is string => typeof value === "string"

const isMap = (value: unknown): value is Attributes =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `__proto__` as an attribute's name is an ordinary property here, never the prototype. */
const set = (object: { [name: string]: unknown }, name: string, value: unknown): void => {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
  else object[name] = value
}

const anything: Want = { number: "any", fields: undefined, inner: undefined }
const double: Want = { ...anything, number: "double" }
const digits: Want = { ...anything, number: "text" }

/** Gives what a schema's encoded side wants. For a class or renamed keys that is where their encoding ends. */
export const wanted = (ast: SchemaAST.AST): Want => {
  // Of what must be absent any number is told to be none.
  if (SchemaAST.isBigInt(ast) || SchemaAST.isNever(ast)) return digits
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
  return rest.length === 0 ? struct(fields) : { ...anything, inner: either(rest) }
}

const struct = (fields: ReadonlyMap<string, Want>): Want => {
  const hasInherited = [...fields.keys()].some((name) => name in Object.prototype)
  return { number: "any", fields, inner: undefined, ...(hasInherited ? { hasInherited } : {}) }
}

/** Several alternatives want one thing only where they agree; else numbers come as they fit. */
const either = (wants: ReadonlyArray<Want>): Want => {
  const [first, ...others] = wants
  if (first === undefined) return anything
  if (others.length === 0) return first
  const number = others.every((want) => want.number === first.number) ? first.number : "any"
  const fields = fieldsOf(wants)
  return fields === undefined ? { ...anything, number } : { ...struct(fields), number }
}

/** The fields of several structs, so that they are known by name; what is none wants every attribute. */
const fieldsOf = (wants: ReadonlyArray<Want>): Want["fields"] => {
  const all = wants.flatMap(({ fields }) => (fields === undefined ? [] : [fields]))
  if (all.length < wants.length) return undefined
  const names = new Set(all.flatMap((fields) => [...fields.keys()]))
  return new Map([...names].map((name) => [name, either(all.map((fields) => fields.get(name) ?? anything))]))
}
