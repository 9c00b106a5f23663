/** `tablefold`: from the definition of a table to documents, in the order the data flows. */

// What a user declares.
export * as Aggregate from "./define/Aggregate.ts"
export * as Mapping from "./define/Mapping.ts"
export * as Table from "./define/Table.ts"
export { DefinitionError } from "./define/Table.ts"
export * as Definition from "./define/Definition.ts"

// Where changes of rows come from.
export type { AttributeValue, Attributes, Change, ReadingOrigin, ScanOrigin, StreamOrigin } from "./source/Change.ts"
export type { MalformedRecord, ReadRecord } from "./source/record/streamRecord.ts"
export * as LambdaEvent from "./source/record/LambdaEvent.ts"
export * as JsonLines from "./source/record/JsonLines.ts"
export * as StreamApi from "./source/stream/StreamApi.ts"
export * as StreamTail from "./source/stream/StreamTail.ts"
export * as Checkpoints from "./source/stream/Checkpoints.ts"
export type { Progress } from "./source/stream/Progress.ts"

// What they mean, and the one way they take.
export type { Decoded, Reject, RowEvent } from "./decode/RowEvent.ts"
export * as Pipeline from "./pipeline/Pipeline.ts"

// Where documents are kept, and how they are read back.
export * as Sink from "./sink/Sink.ts"
export * as Documents from "./sink/Documents.ts"

// Where changes are kept that can never be written as they are.
export * as DeadLetters from "./sink/deadletter/DeadLetters.ts"
export * as DeadLettersFile from "./sink/deadletter/file.ts"
export * as DeadLettersS3 from "./sink/deadletter/s3.ts"
export * as DeadLettersSqs from "./sink/deadletter/sqs.ts"
