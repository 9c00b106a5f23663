/** The function that proves the index right: its schedule, its metrics, and alarms on them. */
import { Duration } from "aws-cdk-lib"
import { Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch"
import { Rule, Schedule } from "aws-cdk-lib/aws-events"
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets"
import type * as lambda from "aws-cdk-lib/aws-lambda"
import type { ITopic } from "aws-cdk-lib/aws-sns"
import type { Construct } from "constructs"
import { type Alarms, alarmsIn } from "./alarms.ts"

/** Settings of the function that proves the index right. */
export interface VerifyProps {
  /** The module that exports `Lambda.verify`'s `handler`, bundled by Rolldown. Give this, or `code`. */
  readonly entry?: string
  /** The code, if it is bundled already; its handler is `index.handler`. */
  readonly code?: lambda.Code
  /** The time between two runs, in whole minutes. Defaults to 15 minutes, of which a run takes 14 at most. */
  readonly every?: Duration
  /** The age of the proof from which on the alarm sounds. Defaults to 2 days: twice the time that a round has. */
  readonly ageMax?: Duration
}

const everyOf = ({ every = Duration.minutes(15) }: VerifyProps): Duration => every

/** The time that a run may take, so that it ends before the next one begins. */
export const timeoutOf = (props: VerifyProps): Duration =>
  Duration.minutes(Math.max(1, Math.min(14, everyOf(props).toMinutes() - 1)))

/** Runs the function; a run that fails is left to the next one. */
export const scheduled = (scope: Construct, verifier: lambda.Function, props: VerifyProps): void => {
  const rule = new Rule(scope, "Schedule", { schedule: Schedule.rate(everyOf(props)) })
  rule.addTarget(new LambdaFunction(verifier, { retryAttempts: 0 }))
}

/** Metrics of proof, as the function's log has them; the age is in seconds. */
export interface Proof {
  readonly age: Metric
  readonly wrong: Metric
  readonly differing: Metric
  readonly proven: Metric
}

export const proofOf = ({ functionName }: lambda.Function, table: string): Proof => {
  const named = (metricName: string) =>
    new Metric({
      namespace: "tablefold",
      metricName,
      dimensionsMap: { function: functionName, table },
      period: Duration.hours(1),
      statistic: "Maximum"
    })
  return {
    age: named("proofAgeSeconds"),
    wrong: named("wrong"),
    differing: named("differing"),
    proven: named("proven")
  }
}

export const makeProofAlarms = (
  scope: Construct,
  { age, wrong }: Proof,
  { ageMax = Duration.days(2) }: VerifyProps,
  topic: ITopic | undefined
): Pick<Alarms, "proofOld" | "wrong"> => {
  const alarm = alarmsIn(scope, topic)
  return {
    proofOld: alarm("ProofOld", {
      metric: age,
      threshold: ageMax.toSeconds(),
      within: [3, 3],
      missing: TreatMissingData.BREACHING,
      says:
        "Part of the index was not compared with the table for too long: the verifier fails, its budget is small, " +
        "or more documents differ than are remembered; its log says which."
    }),
    wrong: alarm("Wrong", {
      metric: wrong,
      threshold: 1,
      within: [1, 1],
      says: "Documents are not as the table has them: `tablefold status` names them, `verify --repair` repairs."
    })
  }
}
