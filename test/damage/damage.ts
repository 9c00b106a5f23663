/**
 * Damages records at random, as a serialiser, a forwarder or a hand can: what stands in them is taken away, doubled, of
 * another type, in another place, far too large, nested too deep, or named as nobody names attributes.
 */
import type { Random } from "../whole/random.ts"

type Node = Record<string, unknown> | Array<unknown>

/** A place in a record: what holds it, and under which name. */
interface Place {
  readonly holder: Node
  readonly name: string
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null

/** All places of a record, but for those so deep in it that an earlier damage made them. */
const placesOf = (root: Node): ReadonlyArray<Place> => {
  const found: Array<Place> = []
  const visit = (holder: Node, depth: number) => {
    for (const name of Object.keys(holder).slice(0, 50)) {
      found.push({ holder, name })
      const inner = get({ holder, name })
      if (isNode(inner) && depth < 12) visit(inner, depth + 1)
    }
  }
  visit(root, 0)
  return found
}

const get = ({ holder, name }: Place): unknown =>
  name === "__proto__"
    ? Object.getOwnPropertyDescriptor(holder, name)?.value
    : (holder as Record<string, unknown>)[name]

/** Also for the name `__proto__`, as `JSON.parse` does. */
const set = ({ holder, name }: Place, value: unknown): void => {
  Object.defineProperty(holder, name, { value, configurable: true, enumerable: true, writable: true })
}

const names = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "\u0000",
  "a.b",
  "_sync",
  "_id",
  "S",
  "N",
  "*"
]
const types = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M", "X"]

const numbers = [
  "1E+999999999",
  "1E-999999999",
  "-0",
  "",
  " 1",
  "0x10",
  "Infinity",
  "1e125",
  `1${"0".repeat(400)}`,
  "٣"
]
const texts = ["", "\u0000", "\ud800", "2026-02-30", "+999999-01-01", "99:99", "#", "ORDER#", "ORDER##", "\ufeffx"]
const arns = [
  "arn:aws:dynamodb:eu-west-1:1:table/Other/stream/2026-01-01T00:00:00.000",
  "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2926-01-01T00:00:00.000",
  "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-13-41T00:00:00.000",
  "arn:aws:dynamodb:eu-west-1:1:table/Shop",
  "arn:aws:kinesis:eu-west-1:1:stream/Shop",
  ""
]
const members: { readonly [name: string]: ReadonlyArray<unknown> } = {
  eventName: ["insert", "REPLACE", "", "REMOVE", "INSERT", "MODIFY", "__proto__"],
  eventSource: ["aws:sqs", "aws:kinesis", "aws:s3", "", 7, "aws:dynamodb "],
  eventSourceARN: arns,
  StreamViewType: ["KEYS_ONLY", "OLD_IMAGE", "NEW_IMAGE", "", "ALL", 1],
  SequenceNumber: ["", "0", "007", "-1", "1e5", "9".repeat(40), "9".repeat(100_000), 12, "12 ", "\u0661"],
  ApproximateCreationDateTime: [-1, 1e300, "soon", "2026", 0, 1e12, 1e18, {}, [], "1e999", true]
}

/** A value with its holders around it, many times over. */
const nested = (value: unknown, depth: number, isMap: boolean): unknown => {
  let out = value
  for (let i = 0; i < depth; i++) out = isMap ? { M: { a: out } } : { L: [out] }
  return out
}

const anything = (random: Random): unknown =>
  random.pick<() => unknown>([
    () => null,
    () => random.below(1e9),
    () => random.next() * 1e300,
    () => random.pick(texts),
    () => random.pick(numbers),
    () => random.chance(0.5),
    () => [],
    () => ({}),
    () => [null],
    () => ({ [random.pick(types)]: random.pick<unknown>([null, "1", [], {}, 5, true, [{}], ["1", 2]]) }),
    () => ({ S: "a", N: "1" }),
    () => Object.fromEntries(types.map((type) => [type, null]))
  ])()

type Damage = (place: Place, random: Random, all: ReadonlyArray<Place>) => void

const kinds: ReadonlyArray<{ readonly weight: number; readonly damage: Damage }> = [
  { weight: 6, damage: ({ holder, name }) => void delete (holder as Record<string, unknown>)[name] },
  { weight: 6, damage: (place, random) => set(place, anything(random)) },
  { weight: 3, damage: (place) => set(place, null) },
  {
    weight: 5,
    damage: (place, random) => {
      const own = members[place.name]
      set(place, own === undefined ? { [random.pick(types)]: get(place) } : random.pick(own))
    }
  },
  // One of the record's own members, which a place chosen among all is only seldom.
  {
    weight: 4,
    damage: (_, random, all) => {
      const place = random.pick(all.filter(({ name }) => name in members))
      if (place !== undefined) set(place, random.pick(members[place.name]!))
    }
  },
  {
    weight: 4,
    damage: ({ holder, name }, random) => {
      const value = get({ holder, name })
      // JSON has no lists with names.
      if (Array.isArray(holder)) return void holder.push(value)
      if (random.chance(0.5)) delete (holder as Record<string, unknown>)[name]
      set({ holder, name: random.pick(names) }, value)
    }
  },
  {
    weight: 4,
    damage: (place, random, all) => {
      const other = random.pick(all)
      const [a, b] = [structuredCloneOf(get(place)), structuredCloneOf(get(other))]
      set(place, b)
      set(other, a)
    }
  },
  {
    weight: 4,
    damage: (place, random) => {
      const text = get(place)
      if (typeof text !== "string") return set(place, random.pick(numbers))
      const at = random.below(text.length + 1)
      set(
        place,
        random.chance(0.5)
          ? text.slice(0, at)
          : text.slice(0, at) + random.pick(["9", "\u0000", "é", "T"]) + text.slice(at + 1)
      )
    }
  },
  { weight: 3, damage: (place, random) => set(place, random.pick(numbers)) },
  {
    weight: 2,
    damage: (place, random) => set(place, nested(get(place), random.pick([1, 3, 33, 200]), random.chance(0.5)))
  },
  { weight: 1, damage: (place, random) => set(place, "x".repeat(random.pick([600, 40_000]))) },
  { weight: 0.02, damage: (place, random) => set(place, nested(get(place), 30_000, random.chance(0.5))) },
  { weight: 0.02, damage: (place, random) => set(place, "9".repeat(random.pick([500_000, 2_000_000]))) }
]

/** What is nested too deep for a clone is put in place as it is: nothing changes it afterwards. */
const structuredCloneOf = (value: unknown): unknown => {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}

/** Damages a record in its place; now and then something else altogether stands for it. */
export const damaged = (record: object, random: Random): unknown => {
  if (random.chance(0.01)) return anything(random)
  const out = record as Node
  const number = numberOf(out)
  const times = random.pick([1, 1, 1, 2, 3, 6])
  for (let i = 0; i < times; i++) {
    const all = placesOf(out)
    if (all.length === 0) break
    random.weighted(kinds).damage(random.pick(all), random, all)
  }
  // A record that can't be named fails its whole batch, so most keep the number by which they are.
  const dynamodb = get({ holder: out, name: "dynamodb" })
  const isKept = isNode(dynamodb) && !Array.isArray(dynamodb) && random.chance(0.97)
  if (isKept) set({ holder: dynamodb, name: "SequenceNumber" }, number)
  return out
}

const numberOf = (record: Node): unknown =>
  (record as { readonly dynamodb?: { readonly SequenceNumber?: unknown } }).dynamodb?.SequenceNumber

/** Something in the place of a whole event. */
export const damagedEvent = (records: ReadonlyArray<unknown>, random: Random): unknown =>
  random.pick<() => unknown>([
    () => undefined,
    () => null,
    () => [],
    () => random.pick(texts),
    () => ({}),
    () => ({ Records: null }),
    () => ({ Records: anything(random) }),
    () => ({ Records: { ...records } }),
    () => ({ Records: [records] }),
    () => ({ Records: [{ Records: records }] }),
    () => ({ records }),
    () => ({ Records: [null, 7, "a", [], undefined] }),
    () => [records],
    () => JSON.stringify({ Records: [] })
  ])()
