/** The rows inside rows of one document: those whose outer row is not there wait for it, unseen. Pure. */

/** Outer rows of which keys are held: more than OpenSearch takes nested objects. Above it no row is said to wait. */
const outersMax = 20_000

interface Inside {
  rows: number
  /** The key of the first one. */
  readonly example: string
}

export class InnerRows {
  /** Rows that others are inside of: the key of each one's own outer row, by its own key. */
  private readonly outers = new Map<string, string | undefined>()
  /** Rows that count, by the key of their outer row. */
  private readonly inside = new Map<string, Inside>()

  /** Adds a row that may have rows inside. */
  addOuter(rowKey: string, outerKey: string | undefined): void {
    if (this.outers.size <= outersMax) this.outers.set(rowKey, outerKey)
  }

  /** Adds a row that counts, inside another one. */
  addInner(rowKey: string, outerKey: string): void {
    const known = this.inside.get(outerKey)
    if (known !== undefined) known.rows++
    else if (this.inside.size <= outersMax) this.inside.set(outerKey, { rows: 1, example: rowKey })
  }

  /** Rows without the rows around them, and the key of the first one. */
  waiting(): Inside | undefined {
    if (this.outers.size > outersMax) return undefined
    const waiting = [...this.inside].flatMap(([outerKey, inside]) => (this.isPlaced(outerKey) ? [] : [inside]))
    const [first] = waiting
    return first && { rows: waiting.reduce((sum, { rows }) => sum + rows, 0), example: first.example }
  }

  private isPlaced(rowKey: string): boolean {
    if (!this.outers.has(rowKey)) return false
    const outerKey = this.outers.get(rowKey)
    return outerKey === undefined || this.isPlaced(outerKey)
  }
}
