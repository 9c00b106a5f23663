/** A dashboard with four questions: is it running, how late is it, what is refused, is it right. */
import { Duration } from "aws-cdk-lib"
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget
} from "aws-cdk-lib/aws-cloudwatch"
import type { Function } from "aws-cdk-lib/aws-lambda"
import type { ILogGroup } from "aws-cdk-lib/aws-logs"
import type { Construct } from "constructs"
import { type Alarms, iteratorAge } from "./alarms.ts"
import type { Proof } from "./proof.ts"

interface Shown {
  readonly handler: Function
  readonly deadLetters: IMetric
  readonly log: ILogGroup
  readonly alarms: Alarms
  readonly proof: Proof | undefined
}

export const makeDashboard = (scope: Construct, { alarms, deadLetters, handler, log, proof }: Shown): Dashboard => {
  const size = { width: 12, height: 6 }
  const sum = { period: Duration.minutes(1), statistic: "Sum" }
  const graph = (title: string, ...left: Array<IMetric>) => new GraphWidget({ ...size, title, left })
  /** Counts are in the log's line of each batch. */
  const ofBatches = (title: string, ...stats: ReadonlyArray<string>) =>
    new LogQueryWidget({
      ...size,
      title,
      logGroupNames: [log.logGroupName],
      view: LogQueryVisualizationType.LINE,
      queryLines: [`filter message = "batch"`, `stats ${stats.join(", ")} by bin(1m)`]
    })
  return new Dashboard(scope, "Dashboard", {
    defaultInterval: Duration.hours(3),
    widgets: [
      [new AlarmStatusWidget({ width: 24, height: 2, title: "Alarms", alarms: Object.values(alarms) })],
      [
        graph(
          "Is it running?",
          handler.metricInvocations(sum),
          handler.metricErrors(sum),
          handler.metricThrottles(sum)
        ),
        ofBatches(
          "What is written?",
          "sum(rowsWritten) as rows",
          "sum(written) as documents",
          "sum(conflicts) as conflicts"
        )
      ],
      [
        graph("How late is it? The oldest change read, in ms", iteratorAge(handler)),
        ofBatches("How late is it? From change to write, in ms", "max(delay) as latest", "avg(delay) as mean")
      ],
      [
        graph("What is refused? Dead letters", deadLetters),
        ofBatches("What is refused?", "sum(rowsRefused) as rows", "sum(deadLettered) as dead_letters")
      ],
      ...(proof === undefined
        ? []
        : [
            [
              graph("Is it right? The age of the proof, in seconds", proof.age),
              graph("Is it right? Documents", proof.proven, proof.wrong, proof.differing)
            ]
          ]),
      [
        new LogQueryWidget({
          width: 24,
          height: 8,
          title: "Is it right? Warnings and errors, such as a verification that is due",
          logGroupNames: [log.logGroupName],
          queryLines: [
            "fields @timestamp, level, message",
            `filter level in ["WARN", "ERROR", "FATAL"]`,
            "sort @timestamp desc",
            "limit 50"
          ]
        })
      ]
    ]
  })
}
