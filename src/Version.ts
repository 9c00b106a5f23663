/**
 * The place of a row's state in that row's history: (epoch, kind, sequence, reading), compared in that order.
 * The order is total, so the newer of two registers is the same whoever asks, and wherever they came from.
 */
export interface Version {
  /** The time at which the stream that speaks was made, in epoch milliseconds: the label at the end of its ARN. */
  readonly epoch: number
  /** 0 for a row read by a scan, 1 for a stream record: within an epoch what the stream says always wins. */
  readonly kind: 0 | 1
  /** Decimal digits without leading zeros: a stream's sequence number, or a scan request's epoch milliseconds. */
  readonly sequence: string
  /** 0 for what a stream record carried; else when the row was read to stand under that version, epoch milliseconds. */
  readonly reading: number
}

export const stream = (epoch: number, sequenceNumber: string, reading = 0): Version => ({
  epoch,
  kind: 1,
  sequence: trim(sequenceNumber),
  reading
})

export const scan = (epoch: number, requestedAt: number): Version => ({
  epoch,
  kind: 0,
  sequence: String(requestedAt),
  reading: 0
})

/** Negative where `a` is the older one, 0 where they are the same, positive where `a` is the newer one. */
export const compare = (a: Version, b: Version): number =>
  a.epoch - b.epoch || a.kind - b.kind || compareSequence(a.sequence, b.sequence) || a.reading - b.reading

/** Orders decimal strings of any length by value. */
export const compareSequence = (a: string, b: string): number => {
  const left = trim(a)
  const right = trim(b)
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)
}

const trim = (digits: string): string => (digits.startsWith("0") ? digits.replace(/^0+(?=\d)/, "") : digits)

/** Tells whether a text can be a sequence number: decimal digits, of any length. */
export const isSequence = (text: string): boolean => /^\d+$/.test(text)
