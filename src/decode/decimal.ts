/**
 * DynamoDB's numbers as text: one spelling for one number, and whether a double holds it exactly.
 * Export, stream and scan spell the same number differently (`1.7E+3`, `1700`), so nothing compares raw text.
 */

interface Parts {
  readonly negative: boolean
  /** Significant digits without zeros at either end; "" for zero. */
  readonly digits: string
  /** The number is 0.digits × 10^exponent. */
  readonly exponent: number
}

const pattern = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/

/**
 * DynamoDB has numbers of up to 38 digits, from 1E-130 to 9.99…E+125 (its guide, "Supported data types and naming
 * rules", Number). These limits leave room for any double too; beyond them no text is read, so that a short one such as
 * 1E+999999999 is not expanded to gigabytes.
 */
const digitsMax = 60
const exponentMax = 400
const lengthMax = 500

/**
 * Plain decimals without leading or trailing zeros: `"1.70E+3"` → `"1700"`; `undefined` for what is no number, or none
 * that DynamoDB could hold.
 */
export const canonical = (text: string): string | undefined => {
  if (text.length <= digitsMax && /^(?:0|-?[1-9]\d*)$/.test(text)) return text
  const parts = parse(text)
  if (parts === undefined) return undefined
  const { digits, exponent, negative } = parts
  if (digits === "") return "0"
  const whole = exponent > 0 ? digits.slice(0, exponent).padEnd(exponent, "0") : "0"
  const fraction = exponent > 0 ? digits.slice(exponent) : "0".repeat(-exponent) + digits
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`
}

/** The double that is the same number; `undefined` where there is none. */
export const exact = (text: string): number | undefined => {
  const value = Number(text)
  if (!Number.isFinite(value) || text === "") return undefined
  if (text.length <= significantMax && plain.test(text)) return value === 0 ? 0 : value
  const own = canonical(text)
  if (own === undefined || own !== canonical(String(value))) return undefined
  return value === 0 ? 0 : value
}

/** Every number of up to 15 significant digits comes back from a double as it went in (IEEE 754 binary64). */
const significantMax = 15

const plain = /^-?\d+(?:\.\d+)?$/

/** A text whose UTF-8 order is the order of the numbers; equal numbers have equal texts. */
export const sortable = (text: string): string | undefined => {
  const parts = parse(text)
  if (parts === undefined) return undefined
  if (parts.digits === "") return "1"
  const size = String(parts.exponent + 500).padStart(3, "0") + parts.digits
  return parts.negative ? `0${complement(size)}~` : `2${size}`
}

/** The number behind a text made by `sortable`, in canonical spelling. */
export const fromSortable = (text: string): string | undefined => {
  if (text === "1") return "0"
  const size = text.startsWith("0") ? complement(text.slice(1, -1)) : text.slice(1)
  return canonical(`${text.startsWith("0") ? "-" : ""}0.${size.slice(3)}E${Number(size.slice(0, 3)) - 500}`)
}

const complement = (digits: string): string => digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)))

const parse = (text: string): Parts | undefined => {
  if (text.length > lengthMax) return undefined
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, sign, whole = "", fraction = "", power = "0"] = match
  if (whole === "" && fraction === "") return undefined
  const all = whole + fraction
  const digits = all.replace(/^0+/, "")
  const significant = digits.replace(/0+$/, "")
  const exponent = whole.length - (all.length - digits.length) + Number(power)
  if (significant.length > digitsMax || (significant !== "" && Math.abs(exponent) > exponentMax)) return undefined
  return { negative: sign === "-" && significant !== "", digits: significant, exponent }
}
