/**
 * The pattern of a row's key, `ORDER#{…} / DETAILS`: what looks like a word of the table's own stands as it is, all
 * else as `{…}`, so that rows of one kind have one pattern and no value of a key is shown. Pure.
 */
import type { Attributes, AttributeValue } from "../source/Change.ts"
import type { KeyNames } from "../KeyNames.ts"

const value = "{…}"

/** The pattern of a row's key; two key attributes are joined by ` / `. */
export const keyPattern = ({ partitionKey, sortKey }: KeyNames, keys: Attributes): string =>
  [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map((name) => ofAttribute(keys[name])).join(" / ")

/** The pattern of a key of which not even the words are told: `{…}#{…} / {…}`. */
export const barePattern = (pattern: string): string => pattern.replaceAll(/[A-Za-z_-]+/g, value)

const ofAttribute = (attribute: AttributeValue | undefined): string =>
  typeof attribute === "object" && attribute !== null && "S" in attribute && typeof attribute.S === "string"
    ? ofText(attribute.S)
    : value

const segmentsMax = 12

/** Single tables write words and values in turn, `ORG#acme#USER#ann`, so what follows a word is taken for a value. */
const ofText = (text: string): string => {
  const pieces = text.split(/([#|:/])/)
  const shown = pieces.slice(0, 2 * segmentsMax - 1)
  let afterWord = false
  const pattern = shown.map((piece, i) => {
    if (i % 2 === 1 || piece === "") return piece
    const isFollowed = i < pieces.length - 1
    afterWord = !afterWord && isWord(piece, isFollowed)
    return afterWord ? piece : value
  })
  return pattern.join("") + (shown.length < pieces.length ? value : "")
}

/** In capitals, or in other letters where something follows: `user` of `user#ann`, and not `ann`. */
const isWord = (piece: string, isFollowed: boolean): boolean =>
  piece.length <= 32 && (/^[A-Z][A-Z_-]*$/.test(piece) || (isFollowed && /^[A-Za-z][A-Za-z_-]*$/.test(piece)))
