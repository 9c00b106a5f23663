/** Settings of the construct. */
import type { ITable } from "aws-cdk-lib/aws-dynamodb"
import type * as lambda from "aws-cdk-lib/aws-lambda"
import type { RetentionDays } from "aws-cdk-lib/aws-logs"
import type { IDomain } from "aws-cdk-lib/aws-opensearchservice"
import type { IBucket } from "aws-cdk-lib/aws-s3"
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager"
import type { ITopic } from "aws-cdk-lib/aws-sns"
import type * as Table from "../define/Table.ts"
import type { BackfillProps } from "./Backfill.ts"
import type { VerifyProps } from "./proof.ts"

export interface TableSearchProps {
  /** The table. Its stream has the view type `NEW_AND_OLD_IMAGES`, or `NEW_IMAGE`. */
  readonly table: ITable
  /** The definition, as `Table.make` gave it: rights are given on its aliases, and the table's keys are checked. */
  readonly definition: Table.Table
  /** The domain. */
  readonly domain: IDomain
  /**
   * The `username` and `password` of a user of the domain, in JSON, for one that takes no signed requests. They are
   * read with the first request, and again after a 401. Defaults to none: requests are signed by the function's role.
   */
  readonly secret?: ISecret
  /** The module that exports `handler`, bundled by Rolldown. Give this, or `code`. */
  readonly entry?: string
  /** The code, if it is bundled already; its handler is `index.handler`. */
  readonly code?: lambda.Code
  /** The prefix of each alias, one for each stage. Defaults to none. */
  readonly aliasPrefix?: string
  /** Settings of the function, such as its memory or VPC, that stand above those recommended. */
  readonly function?: Omit<lambda.FunctionOptions, "logGroup" | "role">
  /** Settings of the event source mapping that stand above those recommended. */
  readonly eventSource?: Partial<Omit<lambda.EventSourceMappingOptions, "eventSourceArn">>
  /**
   * The bucket of changes that can't be written as they are, with `DeadLettersS3.layerConfig` in the handler; they lie
   * below the construct's path. Defaults to a queue of the construct, with `DeadLetters.layerConfig`.
   */
  readonly deadLetters?: IBucket
  /** A state machine that fills the index at any size, from an export or the table. Defaults to none. */
  readonly backfill?: BackfillProps
  /** A function that proves the index right, on a schedule. Defaults to none. */
  readonly verify?: VerifyProps
  /** The time for which the log is kept. Defaults to a month. */
  readonly logRetention?: RetentionDays
  /** The topic that alarms are sent to. Defaults to none: they are shown alone. */
  readonly alarmTopic?: ITopic
}
