/**
 * Histories over several streams of one table: switched off and on, each begins its sequence numbers anew, and what
 * changes in between no stream tells. Scans run at any time, and one at the end where something was missed.
 */
import { Arbitrary } from "effect"
import type { RowEvent } from "../decode/RowEvent.ts"
import * as Version from "../Version.ts"
import type * as Aggregate from "../define/Aggregate.ts"
import { changes, type Deliveries, index, type Options, type RowChange, several } from "./deliveries.ts"
import { epoch, eventOf } from "./events.ts"
import { legible } from "./legible.ts"

/**
 * `inOrder` is what really happened, `delivered` what streams and scans reported of it: shuffled, repeated, late. Rows
 * that a gap removes are left out: only a verification finds those.
 */
export const epochs = (aggregate: Aggregate.Any, options: Options = {}): Arbitrary.Arbitrary<Deliveries> => {
  const step = Arbitrary.all({
    change: changes([aggregate], options),
    what: index(8),
    position: index(32),
    again: Arbitrary.array(index(32), { maxLength: 1 })
  })
  return Arbitrary.map(several(step, options.eventsMax), (steps) => {
    const table = new Told()
    for (const { again, change, position, what } of steps) {
      const positions = [position, ...again]
      if (what === 5 && change.json !== undefined) table.changeUnseen(change)
      else if (what === 6) table.replaceStream()
      else if (what === 7) table.scan(positions)
      else table.change(change, positions)
    }
    if (table.hasMissed) {
      table.replaceStream()
      table.scan([16])
    }
    const delivered = table.told.toSorted((a, b) => a.position - b.position).map(({ event }) => event)
    return legible({ inOrder: table.happened, delivered })
  })
}

/** A table, and what is reported of it. */
class Told {
  readonly happened: Array<RowEvent> = []
  readonly told: Array<{ readonly position: number; readonly event: RowEvent }> = []
  hasMissed = false
  private readonly rows = new Map<string, RowChange>()
  private epoch = epoch
  private sequence = 900
  private time = 0

  change(change: RowChange, positions: ReadonlyArray<number>) {
    this.happen(change)
    this.tell(change, Version.stream(this.epoch, String(++this.sequence)), positions)
  }

  /** While no stream is on; the next one has a later label. */
  changeUnseen(change: RowChange) {
    this.hasMissed = true
    this.happen(change)
    this.replaceStream()
  }

  replaceStream() {
    this.epoch += 1000
    this.sequence = this.epoch % 2000 === 0 ? 90 : 9
  }

  scan(positions: ReadonlyArray<number>) {
    for (const change of this.rows.values()) this.tell(change, Version.scan(this.epoch, ++this.time), positions)
  }

  private happen(change: RowChange) {
    const { json, key, row, shape } = change
    const event = eventOf(shape, row, key, json, { version: Version.scan(0, ++this.time) })
    this.happened.push(event)
    if (json === undefined) this.rows.delete(event.rowKey)
    else this.rows.set(event.rowKey, change)
  }

  private tell({ json, key, row, shape }: RowChange, version: Version.Version, positions: ReadonlyArray<number>) {
    const event = eventOf(shape, row, key, json, { version })
    for (const position of positions) this.told.push({ position, event })
  }
}
