/** The function that proves the index right, as the construct makes it. */
import { Duration } from "aws-cdk-lib"
import { Match } from "aws-cdk-lib/assertions"
import { Vpc } from "aws-cdk-lib/aws-ec2"
import { Code } from "aws-cdk-lib/aws-lambda"
import { Topic } from "aws-cdk-lib/aws-sns"
import { assert, describe, it } from "vitest"
import { make } from "./stack.ts"

const code = Code.fromInline("export const handler = 2")

describe("verify", () => {
  const { template } = make((stack) => ({
    verify: { code },
    aliasPrefix: "live-",
    alarmTopic: new Topic(stack, "Topic")
  }))

  it("is a second function on a schedule, of which a run ends before the next begins", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Timeout: 14 * 60,
      Code: { ZipFile: "export const handler = 2" },
      Environment: {
        Variables: {
          OPENSEARCH_NODE: Match.anyValue(),
          OPENSEARCH_AUTH: "sigv4",
          OPENSEARCH_ALIAS_PREFIX: "live-",
          DYNAMODB_TABLE: { Ref: Match.stringLikeRegexp("^Table") }
        }
      }
    })
    template.hasResourceProperties("AWS::Events::Rule", {
      ScheduleExpression: "rate(15 minutes)",
      Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 0 } })]
    })
  })

  it("reads the table and writes the index, and may do no more", () => {
    const policies = Object.values(template.findResources("AWS::IAM::Policy"))
    const actions = policies
      .map(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action))
      .find((actions) => actions.includes("dynamodb:Scan"))
    assert.deepStrictEqual([...new Set<string>(actions)].toSorted(), [
      "dynamodb:BatchGetItem",
      "dynamodb:DescribeTable",
      "dynamodb:Query",
      "dynamodb:Scan",
      "es:ESHttpGet",
      "es:ESHttpPost",
      "es:ESHttpPut",
      "logs:CreateLogStream",
      "logs:PutLogEvents"
    ])
  })

  it("has alarms: the proof is too old or there is none, and documents are wrong", () => {
    template.resourceCountIs("AWS::CloudWatch::Alarm", 6)
    const dimensions = [
      { Name: "function", Value: { Ref: Match.stringLikeRegexp("^SearchVerifier") } },
      { Name: "table", Value: { Ref: Match.stringLikeRegexp("^Table") } }
    ]
    const metric = { Namespace: "tablefold", Dimensions: dimensions }
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      ...metric,
      MetricName: "proofAgeSeconds",
      Threshold: 2 * 86_400,
      TreatMissingData: "breaching",
      AlarmActions: [Match.anyValue()]
    })
    template.hasResourceProperties("AWS::CloudWatch::Alarm", { ...metric, MetricName: "wrong", Threshold: 1 })
    assert.include(JSON.stringify(template.findResources("AWS::CloudWatch::Dashboard")), "The age of the proof")
  })

  it("takes settings of its own, and those of the other function", () => {
    const { template } = make((stack) => ({
      function: { vpc: new Vpc(stack, "Vpc"), memorySize: 1024 },
      verify: { code, every: Duration.minutes(5), ageMax: Duration.hours(30) }
    }))
    template.hasResourceProperties("AWS::Lambda::Function", {
      Timeout: 240,
      MemorySize: 1024,
      VpcConfig: Match.anyValue()
    })
    template.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(5 minutes)" })
    template.hasResourceProperties("AWS::CloudWatch::Alarm", { MetricName: "proofAgeSeconds", Threshold: 108_000 })
  })

  it("needs one code", () => {
    assert.throws(() => make(() => ({ verify: {} })), /give either verify.entry, or verify.code/)
  })
})
