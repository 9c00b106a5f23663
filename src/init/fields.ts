/**
 * The types of attributes, from the values that rows of one kind hold. A type takes every value it was found from, and
 * says no more of them than they do: no list of allowed texts, no fixed length.
 */
import { Schema } from "effect"
import * as decimal from "../decode/decimal.ts"
import * as Mapping from "../define/Mapping.ts"
import * as IsoTime from "../IsoTime.ts"
import type { Attributes, AttributeValue } from "../source/Change.ts"

/** A type as its schema and as code. */
export interface FieldType {
  readonly schema: Schema.Codec<any, any>
  readonly code: string
  /** The guess in it, for a reader; absent where there is none. */
  readonly note?: string
}

export interface Field {
  readonly name: string
  readonly isOptional: boolean
  readonly type: FieldType
}

const type = (schema: Schema.Codec<any, any>, code: string, note?: string): FieldType =>
  note === undefined ? { schema, code } : { schema, code, note }

const prose = type(Schema.String.annotate(Mapping.text), "Schema.String.annotate(Mapping.text)")
const searchable = type(Schema.String.annotate(Mapping.searchable), "Schema.String.annotate(Mapping.searchable)")

/** Text as it is: also what stands for a name of a key. */
export const text = type(Schema.String, "Schema.String")
export const finite = type(Schema.Finite, "Schema.Finite")

const json = (note: string) =>
  type(Schema.Json.annotate(Mapping.stored), "Schema.Json.annotate(Mapping.stored)", `${note}: kept, not indexed`)

/** Tells whether code of these fields needs the module of mappings. */
export const needsMapping = (code: string): boolean => code.includes("Mapping.")

/**
 * The fields of rows or maps, in the order of their names, as DynamoDB holds none: what all have is required. Names
 * that no field of a document can have are left out; they are given to `leave`.
 */
export const fieldsOf = (
  maps: ReadonlyArray<Attributes>,
  isTaken: (name: string) => boolean,
  leave: (name: string) => void
): ReadonlyArray<Field> => {
  const values = new Map<string, Array<AttributeValue>>()
  for (const map of maps) {
    for (const [name, value] of Object.entries(map)) {
      const known = values.get(name)
      if (known === undefined) values.set(name, [value])
      else known.push(value)
    }
  }
  const names = [...values.keys()].filter(isTaken).toSorted()
  return names.flatMap((name): Field | [] => {
    if (cannotBe(name, names)) {
      leave(name)
      return []
    }
    const own = values.get(name)!
    const isOptional = own.length < maps.length || own.some(isNull)
    return { name, isOptional, type: typeOf(own, name) }
  })
}

const cannotBe = (name: string, others: ReadonlyArray<string>): boolean =>
  name in Object.prototype ||
  name === "_sync" ||
  name.includes(".") ||
  Mapping.nameProblem(name, true) !== undefined ||
  others.some((other) => other.startsWith(`${name}.`))

const isNull = (value: AttributeValue): boolean => "NULL" in value

/** The narrowest type that takes all of the values; NULL counts as absent. */
const typeOf = (all: ReadonlyArray<AttributeValue>, name: string): FieldType => {
  const values = all.filter((value) => !isNull(value))
  const kinds = [...new Set(values.map(kindOf))]
  const [kind] = kinds
  if (kind === undefined) return json("only NULL was seen")
  if (kinds.length > 1) return json(`${kinds.map((kind) => inWords[kind]).join(" and ")} were seen`)
  switch (kind) {
    case "S":
      return textType(values.map((value) => (value as { readonly S: string }).S))
    case "N":
      return numberType(
        values.map((value) => (value as { readonly N: string }).N),
        name
      )
    case "BOOL":
      return type(Schema.Boolean, "Schema.Boolean")
    case "B":
      return type(Schema.Uint8Array, "Schema.Uint8Array")
    case "L":
      return listType(values.flatMap(elementsOf), name)
    case "M":
      return mapType(
        values.map((value) => (value as { readonly M: Attributes }).M),
        name
      )
  }
}

const inWords = { S: "text", N: "a number", BOOL: "true or false", B: "bytes", L: "a list", M: "a map" } as const

const kindOf = (value: AttributeValue): keyof typeof inWords => {
  const kind = Object.keys(value)[0]!
  return /^(SS|NS|BS)$/.test(kind) ? "L" : (kind as keyof typeof inWords)
}

const elementsOf = (value: AttributeValue): ReadonlyArray<AttributeValue> => {
  if ("L" in value) return value.L
  if ("SS" in value) return value.SS.map((S) => ({ S }))
  if ("NS" in value) return value.NS.map((N) => ({ N }))
  return "BS" in value ? value.BS.map((B) => ({ B })) : []
}

/** Texts with as many words are read, and not compared. */
const proseMin = 8

const textType = (texts: ReadonlyArray<string>): FieldType => {
  if (texts.every((text) => /^\d{4}-\d\d-\d\d/.test(text) && IsoTime.parse(text) !== undefined)) {
    return type(Schema.Date, "Schema.Date", "each text is an ISO date; another one will be refused")
  }
  const counts = texts.map((text) => text.trim().split(/\s+/).length)
  if (counts.some((n) => n >= proseMin)) return prose
  return counts.filter((n) => n > 1).length * 2 >= texts.length ? searchable : text
}

/** So many numbers without a fraction say that none has one, unless the name is that of an amount. */
const wholeMin = 10
const amount = /price|amount|total|cost|rate|score|weight|balance|fee|tax|discount|lat|lng|lon|percent|value/i
const time = /(at|date|time|timestamp|on)$/i
const [millisFrom, millisTo] = [1e12, 4.1e12]

const numberType = (texts: ReadonlyArray<string>, name: string): FieldType => {
  const numbers = texts.map(decimal.exact)
  const isWhole = texts.every((text) => /^-?\d+$/.test(decimal.canonical(text) ?? ""))
  if (numbers.some((number) => number === undefined)) {
    return isWhole
      ? type(Schema.BigInt, "Schema.BigInt", "more digits than a double has")
      : type(Schema.BigDecimal, "Schema.BigDecimal", "more digits than a double has")
  }
  if (!numbers.every((number) => Number.isSafeInteger(number))) return finite
  if (time.test(name) && numbers.every((number) => number! >= millisFrom && number! < millisTo)) {
    return type(Schema.DateFromMillis, "Schema.DateFromMillis", "numbers that may be epoch milliseconds")
  }
  if (texts.length < wholeMin || amount.test(name)) return finite
  return type(Schema.Int, "Schema.Int", "no fraction was seen; one will be refused")
}

const listType = (elements: ReadonlyArray<AttributeValue>, name: string): FieldType => {
  if (elements.length === 0) return json("only empty lists were seen")
  const inner = typeOf(elements, name)
  const note = inner.note
  if (!elements.some(isNull)) return type(Schema.Array(inner.schema), `Schema.Array(${inner.code})`, note)
  return type(Schema.Array(Schema.NullOr(inner.schema)), `Schema.Array(Schema.NullOr(${inner.code}))`, note)
}

const mapType = (maps: ReadonlyArray<Attributes>, name: string): FieldType => {
  const names = new Set(maps.flatMap((map) => Object.keys(map)))
  if (names.size === 0) return json("only empty maps were seen")
  if (areData(names, maps)) return freeMap(maps, name)
  let isLeft = false
  const fields = fieldsOf(
    maps,
    () => true,
    () => (isLeft = true)
  )
  if (isLeft) return freeMap(maps, name)
  const notes = fields.flatMap(({ name, type: { note } }) => (note === undefined ? [] : `${name}: ${note}`))
  return type(
    Schema.Struct(schemasOf(fields)),
    `Schema.Struct({ ${fields.map(codeOf).join(", ")} })`,
    notes.length === 0 ? undefined : notes.join("; ")
  )
}

/** Maps with more names than that, or with names of which each map has few, hold names that are data. */
const namesMax = 40
const [fewNames, fewNamesShared] = [3, 8]
const shareMin = 0.3

const areData = (names: ReadonlySet<string>, maps: ReadonlyArray<Attributes>): boolean => {
  if (names.size > namesMax || [...names].some((name) => !/^[A-Za-z_][\w-]*$/.test(name))) return true
  const isShared = [...names].some((name) => maps.every((map) => Object.hasOwn(map, name)))
  const used = maps.reduce((sum, map) => sum + Object.keys(map).length, 0)
  return names.size > (isShared ? fewNamesShared : fewNames) && used < names.size * maps.length * shareMin
}

/** A text or name that is longer may be too long for a term, for which OpenSearch refuses the whole document. */
const termMax = 8000

const freeMap = (maps: ReadonlyArray<Attributes>, name: string): FieldType => {
  if (maps.some((map) => longestIn({ M: map }) > termMax)) return json("the map seems to be free, with long texts")
  const { code, schema } = valueType(
    maps.flatMap((map) => Object.values(map)),
    name
  )
  return type(
    Schema.Record(Schema.String, schema).annotate(Mapping.flatObject),
    `Schema.Record(Schema.String, ${code}).annotate(Mapping.flatObject)`,
    "the names in the map seem to be data: its values are found as exact texts"
  )
}

/** One type of all values of a free map, which are found as texts whatever they are. */
const valueType = (values: ReadonlyArray<AttributeValue>, name: string): FieldType => {
  const inner = new Set(values.map(kindOf)).size === 1 ? typeOf(values, name) : anything
  if (inner.schema === Schema.BigInt || inner.schema === Schema.BigDecimal || inner.schema === Schema.Boolean)
    return inner
  if (values.every((value) => "S" in value)) return text
  return values.every((value) => "N" in value) ? finite : anything
}

const anything = type(Schema.Json, "Schema.Json")

/** The length of the longest text or name in a value, with the names around it. */
const longestIn = (value: AttributeValue): number => {
  if ("S" in value) return value.S.length
  if ("SS" in value) return Math.max(...value.SS.map(({ length }) => length))
  if ("L" in value) return Math.max(0, ...value.L.map(longestIn))
  if (!("M" in value)) return 0
  return Math.max(0, ...Object.entries(value.M).map(([name, inner]) => name.length + longestIn(inner)))
}

/** Schemas by field name. */
export const schemasOf = (fields: ReadonlyArray<Field>): { readonly [name: string]: Schema.Codec<any, any> } =>
  Object.fromEntries(
    fields.map(({ isOptional, name, type: { schema } }) => [name, isOptional ? Schema.optionalKey(schema) : schema])
  )

/** A name as it stands in an object. */
export const nameText = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

/** `note: Schema.optionalKey(Schema.String)`. */
export const codeOf = ({ isOptional, name, type: { code } }: Field): string => {
  return `${nameText(name)}: ${isOptional ? `Schema.optionalKey(${code})` : code}`
}
