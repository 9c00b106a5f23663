/** The form of `stored.json`: indices as tablefold made and wrote them, and the rows that they are made from. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Attributes } from "../../src/source/Change.ts"

export interface StoredIndex {
  readonly index: string
  readonly settings: object
  readonly mappings: object
  readonly aliases: object
  /** All documents, the generation's state among them. */
  readonly documents: ReadonlyArray<{ readonly _id: string; readonly _source: object }>
}

export interface Stored {
  readonly tableArn: string
  readonly rows: ReadonlyArray<Attributes>
  readonly indices: ReadonlyArray<StoredIndex>
}

/** Texts in the file that stand for what is another one wherever the indices are made. */
export const aliasPrefix = "stored-prefix-"
export const identity = "stored identity"

export const tableName = "stored"

export const file = join(import.meta.dirname, "stored.json")

/** What is stored, as text: an alias prefix is to be put in the place of the one in it. */
export const read = (prefix: string): Stored => JSON.parse(readFileSync(file, "utf8").replaceAll(aliasPrefix, prefix))

/** A record of the table's stream, as Lambda delivers it; without an image it removes the row. */
export const record = (streamArn: string, sequence: number, keys: Attributes, image?: Attributes) => ({
  eventName: image === undefined ? "REMOVE" : "MODIFY",
  eventSource: "aws:dynamodb",
  eventSourceARN: streamArn,
  dynamodb: {
    Keys: keys,
    ...(image === undefined ? {} : { NewImage: { ...image, ...keys } }),
    SequenceNumber: `8000000000000000${sequence}`,
    StreamViewType: "NEW_IMAGE"
  }
})
