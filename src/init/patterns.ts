/**
 * Key texts of a table cut into pieces, and each piece found to be a label, which stands in the keys of many rows, or a
 * value, which varies: `ITEM#1`, `ITEM#2` → `ITEM#{}`. Labels and values take turns in most tables, so a piece after a
 * value is a label if it looks like one, and a piece after a label is a value unless half of the partitions have it.
 */
import { groupBy } from "../groupBy.ts"

/** The way in which a table writes its keys. */
export interface Style {
  /** The texts between two pieces of a key, the most common first: of the partition key and of the sort key. */
  readonly partition: ReadonlyArray<string>
  readonly sort: ReadonlyArray<string>
  /** True where labels are in capitals, so that no other word is one. */
  readonly isUpper: boolean
  /** True where keys begin with a label at all. */
  readonly hasLabels: boolean
  /** True for keys as ElectroDB writes them: `$shop#orderid_1`. */
  readonly isElectro: boolean
}

/** A key text, with the partitions in which it stands. */
export interface KeyText {
  readonly text: string
  readonly partitions: ReadonlySet<string>
}

/** A template whose names are not known yet. */
export interface Pattern {
  /** With `{}` for each value: `ITEM#{}`. */
  readonly text: string
  /** The label before each value, "" for none. */
  readonly labels: ReadonlyArray<string>
  /** The last label of all, "" for none. */
  readonly label: string
}

export interface Placed {
  readonly pattern: Pattern
  /** The values, in order. */
  readonly values: ReadonlyArray<string>
}

/** Never part of an id or a date. */
const strong = ["#", "|"]
const delimiters = [...strong, "/", ":", "-", "_", "."]

/** All texts of one key attribute. */
export interface KeyTexts {
  readonly name: string | undefined
  readonly texts: ReadonlySet<string>
}

/** Finds how a table writes its keys, from all the texts of both. */
export const styleOf = (partitionKey: KeyTexts, sortKey: KeyTexts): Style => {
  const [partitions, sorts] = [partitionKey.texts, sortKey.texts]
  const isElectro = [...partitions].every((text) => /^\$\w+#/.test(text))
  const partition = isElectro ? ["#"] : delimitersOf(partitionKey)
  const own = isElectro ? ["#"] : delimitersOf(sortKey)
  const sort = own.length > 0 || !isGeneric(sortKey.name ?? "") ? own : partition
  const labels = (texts: ReadonlySet<string>, delimiters: ReadonlyArray<string>) =>
    [...texts].flatMap((text) => firstLabel(text, delimiterIn(text, delimiters)) ?? [])
  const firsts = [...labels(partitions, partition), ...labels(sorts, sort)]
  const upper = firsts.filter((label) => label === label.toUpperCase()).length
  return {
    partition,
    sort,
    hasLabels: firsts.length > 0,
    isUpper: firsts.length > 0 && upper >= firsts.length * 0.8,
    isElectro
  }
}

/** Tells whether a key attribute's name says nothing of what it holds: it may hold keys of several kinds. */
export const isGeneric = (name: string): boolean =>
  /^(p|s|pk|sk|id|key|hash|range|(hash|range|sort|partition)_?key|partition|sort)$/i.test(name)

/**
 * The delimiter after the first word of most texts; then that of most others. What may stand in an id is one where a
 * fifth of them have it, and none in a key attribute with a name of its own, `sessionId`.
 */
const delimitersOf = ({ name = "", texts }: KeyTexts): ReadonlyArray<string> => {
  const found: Array<string> = []
  let left = [...texts]
  for (;;) {
    const counts = (isGeneric(name) ? delimiters : strong).map((delimiter) => {
      const count = left.filter((text) => firstLabel(text, delimiter) !== undefined).length
      return { delimiter, count: count * (strong.includes(delimiter) ? 100 : 5) >= left.length ? count : 0 }
    })
    const [best] = counts.toSorted((a, b) => b.count - a.count)
    if (best === undefined || best.count === 0) return found
    found.push(best.delimiter)
    left = left.filter((text) => firstLabel(text, best.delimiter) === undefined)
  }
}

/** The delimiter of one text: one after its first word, else the first that it holds. */
const delimiterIn = (text: string, delimiters: ReadonlyArray<string>): string =>
  delimiters.find((delimiter) => firstLabel(text, delimiter) !== undefined) ??
  delimiters.slice(0, 1).find((delimiter) => text.includes(delimiter)) ??
  ""

const firstLabel = (text: string, delimiter: string): string | undefined => {
  if (delimiter === "") return undefined
  const rest = text.startsWith(delimiter) ? text.slice(delimiter.length) : text
  const end = rest.indexOf(delimiter)
  const label = rest.slice(0, Math.max(0, end))
  return end < rest.length - delimiter.length && /^[$@]?[A-Za-z][A-Za-z_-]*$/.test(label) ? label : undefined
}

interface Piece {
  /** The text before it, which is no part of any value. */
  readonly glue: string
  readonly text: string
}

interface Entry extends KeyText {
  readonly pieces: ReadonlyArray<Piece>
  readonly tokens: Array<{ text: string; readonly isValue: boolean }>
}

/** Longer keys are data; what is beyond counts as one value. */
const piecesMax = 12

/** Finds the pattern of each text. */
export const patternsOf = (
  texts: ReadonlyArray<KeyText>,
  style: Style,
  of: "partition" | "sort"
): ReadonlyMap<string, Placed> => {
  const entries = texts.map((key): Entry => ({
    ...key,
    pieces: piecesOf(key.text, delimiterIn(key.text, style[of]), style),
    tokens: []
  }))
  place(entries, 0, true, style, of)
  return new Map(entries.map((entry) => [entry.text, placedOf(entry)]))
}

const piecesOf = (text: string, delimiter: string, { isElectro }: Style): ReadonlyArray<Piece> => {
  const texts = delimiter === "" ? [text] : text.split(delimiter)
  const cut = texts.length > piecesMax ? [...texts.slice(0, piecesMax), texts.slice(piecesMax).join(delimiter)] : texts
  return cut.flatMap((piece, i): ReadonlyArray<Piece> => {
    const glue = i === 0 ? "" : delimiter
    const [, label, value] = (isElectro && /^([A-Za-z][A-Za-z0-9]*_)(.+)$/su.exec(piece)) || []
    if (label === undefined || value === undefined) return [{ glue, text: piece }]
    return [
      { glue, text: label },
      { glue: "", text: value }
    ]
  })
}

const place = (
  entries: ReadonlyArray<Entry>,
  at: number,
  expectsLabel: boolean,
  style: Style,
  of: "partition" | "sort"
): void => {
  const left = entries.filter(({ pieces }) => at < pieces.length)
  if (left.length === 0) return
  const buckets = [...groupBy(left, ({ pieces }) => pieces[at]!.text)].map(([text, entries]) => ({
    text,
    entries,
    partitions: new Set(entries.flatMap(({ partitions }) => [...partitions])).size
  }))
  const labels = expectsLabel ? labelsAmong(buckets, at, style, of) : fixedAmong(buckets, style)
  for (const { entries, text } of buckets.filter(({ text }) => labels.has(text))) {
    for (const { pieces, tokens } of entries) tokens.push({ text: pieces[at]!.glue + text, isValue: false })
    place(entries, at + 1, text === "" || text.startsWith("$"), style, of)
  }
  const values = buckets.flatMap(({ entries, text }) => (labels.has(text) ? [] : entries))
  for (const { pieces, tokens } of values) addValue(tokens, pieces[at]!)
  place(values, at + 1, true, style, of)
}

/** A date or id that holds the delimiter is one value. */
const addValue = (tokens: Entry["tokens"], { glue, text }: Piece): void => {
  const last = tokens.at(-1)
  if (last?.isValue === true && !strong.includes(glue)) {
    last.text += glue + text
    return
  }
  if (glue !== "") tokens.push({ text: glue, isValue: false })
  tokens.push({ text, isValue: true })
}

interface Bucket {
  readonly text: string
  readonly entries: ReadonlyArray<Entry>
  /** The number of partitions. */
  readonly partitions: number
}

const continuingMax = 30

const labelsAmong = (
  buckets: ReadonlyArray<Bucket>,
  at: number,
  style: Style,
  of: "partition" | "sort"
): ReadonlySet<string> => {
  const goesOn = ({ entries }: Bucket) => entries.some(({ pieces }) => at + 1 < pieces.length)
  const alike = buckets.filter(({ text }) => isLabel(text, style))
  // A partition key without a label would be that of any row.
  const isAny = of === "partition" && at === 0
  const continuing = isAny
    ? buckets.filter((bucket) => (isWord(bucket.text) || alike.includes(bucket)) && goesOn(bucket))
    : alike.filter(goesOn)
  const last = alike.filter((bucket) => !goesOn(bucket))
  const some = continuing.length > continuingMax ? [] : continuing
  return new Set([...some, ...lastAmong(last, buckets, style, of)].map(({ text }) => text))
}

/** The words at the end of a key that are labels: few, or in many partitions. A word alone may be anybody's name. */
const lastAmong = (
  last: ReadonlyArray<Bucket>,
  all: ReadonlyArray<Bucket>,
  style: Style,
  of: "partition" | "sort"
): ReadonlyArray<Bucket> => {
  if (of === "partition") {
    if (!style.hasLabels) return all.length === 1 ? last : []
    return last.length <= (style.isUpper ? 20 : 3) ? last : []
  }
  const each = last.reduce((sum, { partitions }) => sum + partitions, 0) / Math.max(1, last.length)
  if (style.hasLabels && (last.length <= (style.isUpper ? 20 : 5) || each >= 2)) return last
  return inHalfOf(last, all)
}

/** After a label: the one word that half of the partitions have. */
const fixedAmong = (buckets: ReadonlyArray<Bucket>, style: Style): ReadonlySet<string> => {
  const words = buckets.filter(({ text }) => isLabel(text, style))
  return new Set(words.length === 1 ? inHalfOf(words, buckets).map(({ text }) => text) : [])
}

/** The words that half of all partitions have, and three at least. */
const inHalfOf = (some: ReadonlyArray<Bucket>, among: ReadonlyArray<Bucket>): ReadonlyArray<Bucket> => {
  const all = new Set(among.flatMap(({ entries }) => entries.flatMap(({ partitions }) => [...partitions]))).size
  return some.filter(({ partitions }) => partitions >= 3 && partitions * 2 >= all)
}

const isLabel = (text: string, { isElectro, isUpper }: Style): boolean => {
  if (text === "" || (isElectro && text.startsWith("$"))) return true
  return isUpper && !isElectro ? /^[@$*_+]*[A-Z][A-Z_.+-]*$/.test(text) : isWord(text)
}

const isWord = (text: string): boolean => text === "" || /^[@$*_]*[A-Za-z][A-Za-z_-]*$/.test(text)

const placedOf = ({ tokens }: Entry): Placed => {
  const labels: Array<string> = []
  let label = ""
  let text = ""
  for (const token of tokens) {
    text += token.isValue ? "{}" : token.text
    if (token.isValue) labels.push(label)
    else label = /[A-Za-z]/.test(token.text) ? token.text : label
  }
  return { pattern: { text, labels, label }, values: tokens.flatMap(({ isValue, text }) => (isValue ? [text] : [])) }
}
