/** The settings of a new table whose keys are the strings PK and SK, and which is paid by request. */
import type { CreateTableInput } from "@aws-sdk/client-dynamodb"

export const pkSk = {
  BillingMode: "PAY_PER_REQUEST",
  KeySchema: [
    { AttributeName: "PK", KeyType: "HASH" },
    { AttributeName: "SK", KeyType: "RANGE" }
  ],
  AttributeDefinitions: [
    { AttributeName: "PK", AttributeType: "S" },
    { AttributeName: "SK", AttributeType: "S" }
  ]
} satisfies Partial<CreateTableInput>
