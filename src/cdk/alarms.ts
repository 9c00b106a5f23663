/** Alarms on what somebody must look at. */
import { Duration } from "aws-cdk-lib"
import { type Alarm, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch"
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions"
import type { ITable } from "aws-cdk-lib/aws-dynamodb"
import type { Function } from "aws-cdk-lib/aws-lambda"
import type { ITopic } from "aws-cdk-lib/aws-sns"
import type { Queue } from "aws-cdk-lib/aws-sqs"
import type { Construct } from "constructs"

export interface Alarms {
  /** The oldest change waited ten minutes or more, for five minutes. A stream keeps it for a day. */
  readonly late: Alarm
  /** There are dead letters: `tablefold dead-letters` says why, `tablefold redrive` works them off. */
  readonly deadLetters: Alarm
  /** Invocations throw: wrong settings or rights, another table's records, or the time is up. The log says which. */
  readonly failing: Alarm
  /** Lambda had no room for the function in each of five minutes. */
  readonly throttled: Alarm
  /** The proof is too old, or there is none: the function that proves fails or has too small a budget. */
  readonly proofOld?: Alarm
  /** Documents are not as the table has them: `tablefold status` names them. */
  readonly wrong?: Alarm
}

interface Watched {
  readonly metric: Metric
  readonly threshold: number
  /** Of so many periods so many must be at the threshold. */
  readonly within: readonly [breaching: number, periods: number]
  readonly says: string
  /** The meaning of a period without a value. Defaults to all is well. */
  readonly missing?: TreatMissingData
}

/** Makes alarms in a scope; each notifies the topic, if there is one. */
export const alarmsIn = (scope: Construct, topic: ITopic | undefined) => (id: string, watched: Watched) => {
  const { metric, missing = TreatMissingData.NOT_BREACHING, says, threshold, within } = watched
  const [datapointsToAlarm, evaluationPeriods] = within
  const made = metric.createAlarm(scope, id, {
    alarmDescription: says,
    threshold,
    datapointsToAlarm,
    evaluationPeriods,
    treatMissingData: missing
  })
  if (topic !== undefined) made.addAlarmAction(new SnsAction(topic))
  return made
}

/** Makes the alarms of the function that follows the stream. */
export const makeAlarms = (
  scope: Construct,
  handler: Function,
  deadLetters: Metric,
  topic: ITopic | undefined
): Alarms => {
  const minute = { period: Duration.minutes(1) }
  const alarm = alarmsIn(scope, topic)
  return {
    late: alarm("Late", {
      metric: iteratorAge(handler),
      threshold: Duration.minutes(10).toMilliseconds(),
      within: [5, 5],
      says: "The index is ten minutes behind the table. A stream keeps changes for a day; what is older is lost to it."
    }),
    deadLetters: alarm("DeadLettersThere", {
      metric: deadLetters,
      threshold: 1,
      within: [1, 1],
      says: "Rows can't be written as they are: `tablefold dead-letters` says why, `tablefold redrive` works them off."
    }),
    failing: alarm("Failing", {
      metric: handler.metricErrors({ ...minute, statistic: "Sum" }),
      threshold: 1,
      within: [3, 5],
      says: "Invocations throw, so that nothing is acknowledged; the function's log says why."
    }),
    throttled: alarm("Throttled", {
      metric: handler.metricThrottles({ ...minute, statistic: "Sum" }),
      threshold: 1,
      within: [5, 5],
      says: "Lambda has no room for the function: raise the account's or the function's concurrency."
    })
  }
}

/** The age of the oldest change that was read, in milliseconds. */
export const iteratorAge = (handler: Function): Metric =>
  handler.metric("IteratorAge", { period: Duration.minutes(1), statistic: "Maximum" })

/** Dead letters that are in the queue. */
export const waiting = (queue: Queue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: "Maximum" })

/** Changes that dead letters were sent for, by the function's own metrics: a bucket has none that is of use here. */
export const sent = ({ functionName }: Function, { tableName }: ITable): Metric =>
  new Metric({
    namespace: "tablefold",
    metricName: "deadLettered",
    dimensionsMap: { function: functionName, table: tableName },
    period: Duration.minutes(1),
    statistic: "Sum"
  })
