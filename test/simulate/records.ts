/**
 * Stream records on their way to the function: in the form of Lambda's events, with what the simulation knows of them.
 */
import { refusedMark } from "./History.ts"

export interface Delivered {
  /** The record as the event holds it. */
  readonly event: unknown
  readonly streamArn: string
  readonly sequenceNumber: string
  /** Text that sorts records of one row as they happened: by stream, then by number. */
  readonly place: string
  /** The row's key, as the history has it. */
  readonly key: string
  readonly isRefused: boolean
  /** For the journal. */
  readonly label: string
}

/**
 * A record of the stream's API, as Lambda hands it over: with the stream's name (as a canary may have it), and times in
 * seconds.
 */
export const delivered = (streamArn: string, record: any, name = streamArn): Delivered => {
  const { ApproximateCreationDateTime: time, Keys: keys, NewImage: image, SequenceNumber: number } = record.dynamodb
  const key = `${keys.PK.S} / ${keys.SK.S}`
  return {
    event: {
      ...record,
      eventSourceARN: name,
      dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: time.getTime() / 1000 }
    },
    streamArn,
    sequenceNumber: number,
    place: `${streamArn} ${number.padStart(40, "0")}`,
    key,
    isRefused: image !== undefined && refusedMark in image,
    label: `${record.eventName} ${key} @${number}`
  }
}
