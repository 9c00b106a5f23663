/**
 * ARNs of tables and of their streams (`arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-08-01T12:00:00.000`). Pure.
 */
import * as IsoTime from "./IsoTime.ts"

/**
 * The epoch in a stream's ARN, in epoch milliseconds: the time in its label, which ends it
 * (`…:table/Shop/stream/2026-08-01T12:00:00.000`). `undefined` for anything else.
 */
export const epochOf = (streamArn: string): number | undefined => {
  if (streamArn === lastAsked.streamArn) return lastAsked.epoch
  const label = /\/stream\/(\d{4}-\d\d-\d\dT[\d:.]+)$/.exec(streamArn)?.[1]
  lastAsked = { streamArn, epoch: label === undefined ? undefined : IsoTime.parse(label) }
  return lastAsked.epoch
}

/** All records of a batch name one stream, so its label is read once and not for each. */
let lastAsked: { readonly streamArn: string; readonly epoch: number | undefined } = { streamArn: "", epoch: undefined }

/** The ARN of the table that a stream belongs to. */
export const tableOf = (streamArn: string): string => streamArn.replace(/\/stream\/[^/]*$/, "")

/** The name of the table in its ARN. */
export const nameOf = (tableArn: string): string => tableArn.replace(/^.*:table\//, "")

/** The time in a stream's label, in epoch milliseconds; 0, which is older than any, where the label says none. */
export const epochOfLabel = (label: string): number => IsoTime.parse(label) ?? 0
