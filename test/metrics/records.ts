/** Records of the example's table, as Lambda hands them over. */
const streamArn = "arn:aws:dynamodb:eu-west-1:1:table/Shop/stream/2026-11-25T08:00:00.123"

const record = (sequence: number, PK: string, image: object, createdAt?: number) => ({
  eventName: "MODIFY",
  eventSource: "aws:dynamodb",
  eventSourceARN: streamArn,
  dynamodb: {
    ...(createdAt === undefined ? {} : { ApproximateCreationDateTime: createdAt / 1000 }),
    Keys: { PK: { S: PK }, SK: { S: "PROFILE" } },
    NewImage: image,
    SequenceNumber: String(sequence),
    StreamViewType: "NEW_IMAGE"
  }
})

/** A user's profile, changed at `createdAt` in epoch milliseconds; its name tells the changes apart. */
export const profile = (sequence: number, id: string, createdAt: number) =>
  record(
    sequence,
    `USER#${id}`,
    { name: { S: `Ada, ${sequence}` }, email: { S: "ada@example.com" } },
    createdAt === 0 ? undefined : createdAt
  )

/** A row that can't be decoded, as its name is a number. */
export const unreadable = (sequence: number) => record(sequence, `USER#bad-${sequence}`, { name: { N: "7" } })
