/** Stream records on their way to the function: in the form of Lambda's events, with what the simulation knows of them. */
import { refusedMark } from "./History.ts"

export interface Delivered {
  /** The record as the event holds it. */
  readonly event: unknown
  readonly streamArn: string
  readonly sequenceNumber: string
  /** The row's key, as the history has it. */
  readonly key: string
  readonly isRefused: boolean
  /** For the journal. */
  readonly label: string
}

/** A record of the stream's API, as Lambda hands it over: with the stream's name, and times in seconds. */
export const delivered = (streamArn: string, record: any): Delivered => {
  const { ApproximateCreationDateTime: time, Keys: keys, NewImage: image, SequenceNumber: number } = record.dynamodb
  const key = `${keys.PK.S} / ${keys.SK.S}`
  return {
    event: {
      ...record,
      eventSourceARN: streamArn,
      dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: time.getTime() / 1000 }
    },
    streamArn,
    sequenceNumber: number,
    key,
    isRefused: image !== undefined && refusedMark in image,
    label: `${record.eventName} ${key} @${number}`
  }
}
