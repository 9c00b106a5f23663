/**
 * Versions of many rows as one short string. Rows of one document mostly come from one stream and have sequence numbers
 * of one length with a common beginning, so that is written once, and of each row only the rest, in base 36. A removed
 * row has `T` and the time of its tombstone behind it. What does not fit the common form is written in full, after `E`.
 */
import type { Version } from "../Version.ts"

export interface Stamped {
  readonly version: Version
  /** True where the row is removed. */
  readonly isRemoved: boolean
  readonly removedAt: number | undefined
}

interface Common {
  readonly epoch: number
  readonly prefix: string
  readonly length: number
}

export const encode = (rows: ReadonlyArray<Stamped>): string => {
  const common = commonOf(rows)
  const head = `${common.epoch.toString(36)}.${common.prefix}.${common.length}`
  return [head, ...rows.map((row) => encodeOne(row, common))].join(" ")
}

/** The versions behind a text made by `encode`; `undefined` where it was not. */
export const decode = (text: string): ReadonlyArray<Stamped> | undefined => {
  const [head = "", ...entries] = text.split(" ")
  const [epoch, prefix, length] = head.split(".")
  if (epoch === undefined || prefix === undefined || length === undefined) return undefined
  const common = { epoch: Number.parseInt(epoch, 36), prefix, length: Number(length) }
  const rows = entries.map((entry) => decodeOne(entry, common))
  return rows.every((row) => row !== undefined) ? rows : undefined
}

/** Tells whether a version can be written in the common form: by what all such versions begin with, and the rest. */
const fits = ({ version }: Stamped, epoch: number, length: number): boolean =>
  version.kind === 1 && version.reading === 0 && version.epoch === epoch && version.sequence.length === length

const commonOf = (rows: ReadonlyArray<Stamped>): Common => {
  const first = rows.find(({ version }) => version.kind === 1 && version.reading === 0)?.version
  if (first === undefined) return { epoch: 0, prefix: "", length: 0 }
  const { epoch, sequence } = first
  const { length } = sequence
  let size = length - 1
  for (const row of rows) {
    if (!fits(row, epoch, length)) continue
    const other = row.version.sequence
    let i = 0
    while (i < size && other.charCodeAt(i) === sequence.charCodeAt(i)) i++
    size = i
  }
  return { epoch, prefix: sequence.slice(0, size), length }
}

const encodeOne = (row: Stamped, { epoch, length, prefix }: Common): string => {
  const { version } = row
  const text = fits(row, epoch, length)
    ? toBase36(version.sequence.slice(prefix.length))
    : `E${version.epoch.toString(36)}.${version.kind}.${version.sequence}.${version.reading.toString(36)}`
  return row.isRemoved ? `${text}T${row.removedAt === undefined ? "" : row.removedAt.toString(36)}` : text
}

const decodeOne = (entry: string, common: Common): Stamped | undefined => {
  const [written = "", removedAt] = entry.split("T")
  const version = written.startsWith("E") ? inFull(written) : inCommon(written, common)
  if (version === undefined) return undefined
  const isRemoved = removedAt !== undefined
  return { version, isRemoved, removedAt: isRemoved && removedAt !== "" ? Number.parseInt(removedAt, 36) : undefined }
}

const inFull = (written: string): Version | undefined => {
  const [epoch, kind, sequence, reading] = written.slice(1).split(".")
  if (epoch === undefined || sequence === undefined || reading === undefined) return undefined
  return {
    epoch: Number.parseInt(epoch, 36),
    kind: kind === "1" ? 1 : 0,
    sequence,
    reading: Number.parseInt(reading, 36)
  }
}

const inCommon = (written: string, { epoch, length, prefix }: Common): Version | undefined => {
  if (!/^[0-9a-z]+$/.test(written)) return undefined
  return { epoch, kind: 1, sequence: prefix + fromBase36(written, length - prefix.length), reading: 0 }
}

/** A double holds 15 decimal digits exactly; ten digits in base 36 hold as many. */
const digitsMax = 15
const wordLength = 10

const toBase36 = (digits: string): string =>
  digits.length <= digitsMax
    ? Number(digits).toString(36)
    : toBase36(digits.slice(0, -digitsMax)) + Number(digits.slice(-digitsMax)).toString(36).padStart(wordLength, "0")

const fromBase36 = (text: string, length: number): string =>
  length <= digitsMax
    ? String(Number.parseInt(text, 36)).padStart(length, "0")
    : fromBase36(text.slice(0, -wordLength), length - digitsMax) +
      String(Number.parseInt(text.slice(-wordLength), 36)).padStart(digitsMax, "0")
