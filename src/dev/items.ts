/** Rows as a person writes them: by the definition, in DynamoDB's typed JSON, or as plain JSON. Pure. */
import { Result } from "effect"
import type * as requests from "../console/requests.ts"
import * as Shape from "../define/Shape.ts"
import type * as Table from "../define/Table.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"

type Read<A> = Result.Result<A, string>

/** The row of a form: its key by the templates, its fields as JSON. Fails with a sentence. */
export const ofForm = (
  table: Table.Table,
  { aggregate, field, key, values }: Extract<requests.EditRequest, { readonly _tag: "Typed" }>
): Read<Attributes> => {
  const declared = table.aggregates.find(({ name }) => name === aggregate)
  const shape = declared && Shape.of(declared)
  const row = shape?.rows.find((row) => row.field === field)
  if (shape === undefined || row === undefined) return Result.fail(`there are no rows "${field}" of ${aggregate}`)
  const missing = Shape.templates(shape.partition, row)
    .flatMap(({ names }) => names)
    .find((name) => !Object.hasOwn(key, name) || key[name] === "")
  if (missing !== undefined) return Result.fail(`the key needs a value for ${missing}`)
  const partition = shape.partition.format(key)
  const sort = row.sortKey?.format(key)
  const isRead = table
    .claims(partition, sort)
    .some((claim) => claim.row === row || claim.others.some((other) => other.row === row))
  if (!isRead)
    return Result.fail(`rows with the key ${[partition, sort ?? []].flat().join(" / ")} are not read as such`)
  return Result.succeed({
    ...typesOf(table, row),
    ...plain(values),
    [table.partitionKey]: { S: partition },
    ...(table.sortKey === undefined || sort === undefined ? {} : { [table.sortKey]: { S: sort } })
  })
}

/** The attributes that tell a kind of rows from others. */
const typesOf = ({ typeAttribute }: Table.Table, { type }: Shape.RowShape): Attributes => {
  if (type === undefined) return {}
  const texts = typeof type === "string" ? (typeAttribute === undefined ? {} : { [typeAttribute]: type }) : type
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { S: String(text) }]))
}

/** Plain JSON as attributes; a field that is null is left out. */
export const plain = (values: { readonly [name: string]: unknown }): Attributes =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, plainValue(value)]]))
  )

const plainValue = (value: unknown): AttributeValue => {
  if (value === null || value === undefined) return { NULL: true }
  if (typeof value === "string") return { S: value }
  if (typeof value === "number") return { N: `${value}` }
  if (typeof value === "boolean") return { BOOL: value }
  if (Array.isArray(value)) return { L: value.map(plainValue) }
  return { M: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner)])) }
}

/** DynamoDB's typed JSON, its binary made into bytes. Fails with a sentence. */
export const typed = (item: unknown): Read<Attributes> => {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return Result.fail("a row is an object")
  const attributes: { [name: string]: AttributeValue } = {}
  for (const [name, value] of Object.entries(item)) {
    const read = typedValue(value)
    if (read === undefined) return Result.fail(`${JSON.stringify(name)} is no value of DynamoDB's, such as {"S":"a"}`)
    Object.defineProperty(attributes, name, { value: read, enumerable: true, configurable: true, writable: true })
  }
  return Result.succeed(attributes)
}

const typedValue = (value: unknown): AttributeValue | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0) return undefined
  const [type, inner] = entry
  const isTexts = Array.isArray(inner) && inner.length > 0 && inner.every((text) => typeof text === "string")
  switch (type) {
    case "S":
      return typeof inner === "string" ? { S: inner } : undefined
    case "N":
      return isNumber(inner) ? { N: inner } : undefined
    case "B":
      return typeof inner === "string" ? { B: bytes(inner) } : undefined
    case "BOOL":
      return typeof inner === "boolean" ? { BOOL: inner } : undefined
    case "NULL":
      return inner === true ? { NULL: true } : undefined
    case "SS":
      return isTexts ? { SS: inner } : undefined
    case "NS":
      return isTexts && inner.every(isNumber) ? { NS: inner } : undefined
    case "BS":
      return isTexts ? { BS: inner.map(bytes) } : undefined
    case "L": {
      const all = Array.isArray(inner) ? inner.map(typedValue) : undefined
      return all?.every((each) => each !== undefined) ? { L: all } : undefined
    }
    case "M": {
      const read = typed(inner)
      return Result.isSuccess(read) ? { M: read.success } : undefined
    }
    default:
      return undefined
  }
}

const isNumber = (text: unknown): text is string =>
  typeof text === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))

/**
 * Rows of a file: an array, one a line, or what `aws dynamodb scan` prints; each in typed JSON or plain. Fails with a
 * sentence.
 */
export const ofFile = (text: string): Read<ReadonlyArray<Attributes>> => {
  const whole = parsed(text)
  const all =
    whole === undefined ? text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [parsed(line)])) : [whole]
  const rows = all.flatMap((value) => {
    const items = isObject(value) && Array.isArray(value["Items"]) ? value["Items"] : value
    return Array.isArray(items) ? (items as ReadonlyArray<unknown>) : [items]
  })
  const read = rows.map((row) => {
    const item = isObject(row) && isObject(row["Item"]) ? row["Item"] : row
    if (!isObject(item)) return undefined
    const asTyped = typed(item)
    return Result.isSuccess(asTyped) ? asTyped.success : plain(item)
  })
  const at = read.indexOf(undefined)
  return at >= 0
    ? Result.fail(`its row ${at + 1} is no JSON object`)
    : Result.succeed(read.filter((row) => row !== undefined))
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
