/** The pages of a part of a table, from all of its segments: whole partitions, for who counts what belongs together. */
import { Effect } from "effect"
import type { Attributes } from "../Change.ts"
import type { Pages } from "./Scan.ts"

/** Segments of a sample, of each of which about a page is read. */
export const sampleSegments = (rowsMax: number): number => Math.min(100, Math.max(4, Math.ceil(rowsMax / 2000)))

/** The rows of each segment: its pages need no more. */
export const shareOf = (rowsMax: number, segments: number): number => Math.ceil(rowsMax / segments)

/**
 * Ends each segment when it has given its share of `rowsMax` rows. The partition in which that is so is left out, as
 * it may not be there as a whole, unless the page has no other.
 */
export const samplePages = <E>(pages: Pages<E>, rowsMax: number): Pages<E> => {
  const share = shareOf(rowsMax, pages.segments)
  const given = new Map<number, number>()
  const partitionOf = (row: Attributes) => JSON.stringify(row[pages.table.partitionKey.name])
  return {
    ...pages,
    read: (place) =>
      Effect.map(pages.read(place), (page) => {
        const { items, last } = page
        const before = given.get(place.segment) ?? 0
        given.set(place.segment, before + items.length)
        const room = share - before
        if (items.length < room || (items.length === room && last === undefined)) return page
        const cut = items[room - 1]
        if (cut === undefined) return { ...page, items: [], last: undefined }
        const isCut = partitionOf(cut)
        const whole = items.slice(0, room).filter((row) => partitionOf(row) !== isCut)
        return { ...page, items: whole.length === 0 ? items.slice(0, room) : whole, last: undefined }
      })
  }
}
