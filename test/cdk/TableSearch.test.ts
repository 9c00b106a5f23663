/** The construct, by the template that it becomes. */
import { Duration } from "aws-cdk-lib"
import { Match } from "aws-cdk-lib/assertions"
import { StreamViewType, Table, TableEncryption, TableV2 } from "aws-cdk-lib/aws-dynamodb"
import { Vpc } from "aws-cdk-lib/aws-ec2"
import { Code, FilterCriteria, StartingPosition } from "aws-cdk-lib/aws-lambda"
import { Domain, EngineVersion } from "aws-cdk-lib/aws-opensearchservice"
import { Key } from "aws-cdk-lib/aws-kms"
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager"
import { Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3"
import { Topic } from "aws-cdk-lib/aws-sns"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import type { TableSearchProps } from "../../src/cdk/index.ts"
import * as policies from "../../src/deploy/policies.ts"
import { keys, make, makeStack, makeTable } from "./stack.ts"

describe("the least", () => {
  const { stack, template } = make()
  const ref = (logicalName: string) => Match.stringLikeRegexp(`^${logicalName}`)

  it("is a function", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      MemorySize: 512,
      Timeout: 60,
      LoggingConfig: { LogFormat: "JSON", LogGroup: { Ref: ref("SearchLog") } },
      Environment: {
        Variables: {
          OPENSEARCH_NODE: { "Fn::Join": ["", ["https://", { "Fn::GetAtt": [ref("Domain"), "DomainEndpoint"] }]] },
          OPENSEARCH_AUTH: "sigv4",
          DEAD_LETTER_QUEUE_URL: { Ref: ref("SearchDeadLetters") }
        }
      }
    })
    template.hasResourceProperties("AWS::Logs::LogGroup", { RetentionInDays: 30 })
  })

  it("maps the stream with every recommended setting", () => {
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: { "Fn::GetAtt": [ref("Table"), "StreamArn"] },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 0,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      FilterCriteria: Match.absent()
    })
  })

  it("has an encrypted queue that takes TLS alone, for 14 days", () => {
    const days = 14 * 24 * 3600
    template.hasResourceProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true, MessageRetentionPeriod: days })
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } })]
      }
    })
  })

  /** Actions of a policy's document, with resources in which a reference is its name. */
  const rights = (document: { readonly Statement: ReadonlyArray<Record<string, unknown>> }) =>
    document.Statement.flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) =>
        [Resource].flat().map((resource) => {
          const text = JSON.stringify(stack.resolve(resource)).replaceAll(
            /\{"Fn::GetAtt":\["([A-Za-z]+)[0-9A-F]{8}","(\w+)"\]\}/g,
            "$1"
          )
          return `${String(action)} ${text.replaceAll(/\{"Fn::Join":\["",\[|\]\]\}|[",]/g, "")}`
        })
      )
    ).toSorted()
  const places = {
    tableArn: "Table",
    streamArn: "Table",
    domainArn: "Domain",
    queueArn: "SearchDeadLetters",
    aliases: ["orders", "users"]
  }
  const expected = ({ Statement }: policies.Policy) =>
    Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((resource) => `${action} ${resource.replaceAll(",", "")}`))
    )

  it("gives the function the rights that `tablefold policy` prints, and its log", () => {
    const [policy] = Object.values(template.findResources("AWS::IAM::Policy"))
    const log = ["logs:CreateLogStream SearchLog", "logs:PutLogEvents SearchLog"]
    assert.deepStrictEqual(
      rights(policy!["Properties"].PolicyDocument),
      [...expected(policies.ofFunction(places)), ...log].toSorted()
    )
    template.hasResourceProperties("AWS::IAM::Role", { ManagedPolicyArns: Match.absent() })
  })

  it("has a policy for who runs the commands", () => {
    const [policy] = Object.values(template.findResources("AWS::IAM::ManagedPolicy"))
    const all = { ...places, streamArn: undefined }
    assert.deepStrictEqual(rights(policy!["Properties"].PolicyDocument), expected(policies.ofOperator(all)).toSorted())
  })

  it("has four alarms, which tell nobody, and a dashboard", () => {
    template.resourceCountIs("AWS::CloudWatch::Alarm", 4)
    template.allResourcesProperties("AWS::CloudWatch::Alarm", {
      TreatMissingData: "notBreaching",
      AlarmActions: Match.absent()
    })
    template.hasResourceProperties("AWS::CloudWatch::Alarm", { MetricName: "IteratorAge", Threshold: 600_000 })
    template.resourceCountIs("AWS::CloudWatch::Dashboard", 1)
  })
})

describe("what is set", () => {
  it("stands above what is recommended", () => {
    const { template } = make((stack) => ({
      aliasPrefix: "live-",
      function: { memorySize: 1024, environment: { MORE: "1" } },
      eventSource: {
        batchSize: 10_000,
        parallelizationFactor: 2,
        filters: [FilterCriteria.filter({ dynamodb: { Keys: { PK: { S: [{ prefix: "ORDER#" }] } } } })]
      },
      alarmTopic: new Topic(stack, "Topic")
    }))
    template.hasResourceProperties("AWS::Lambda::Function", {
      MemorySize: 1024,
      Environment: { Variables: Match.objectLike({ MORE: "1", OPENSEARCH_ALIAS_PREFIX: "live-" }) }
    })
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", { BatchSize: 10_000, ParallelizationFactor: 2 })
    template.allResourcesProperties("AWS::CloudWatch::Alarm", {
      AlarmActions: [{ Ref: Match.stringLikeRegexp("^Topic") }]
    })
    assert.include(JSON.stringify(template.findResources("AWS::IAM::Policy")), "/live-orders,live-orders-*")
  })

  it("puts the function into the domain's VPC, and lets it in", () => {
    const { template } = make((stack) => {
      const vpc = new Vpc(stack, "Vpc")
      const domain = new Domain(stack, "Domain", { version: EngineVersion.OPENSEARCH_2_19, vpc })
      return { domain, function: { vpc } }
    })
    template.hasResourceProperties("AWS::EC2::SecurityGroupIngress", { FromPort: 443, ToPort: 443 })
    assert.include(JSON.stringify(template.findResources("AWS::IAM::Policy")), "ec2:CreateNetworkInterface")
  })

  it("reads a table with a key of its own, or with replicas", () => {
    const encrypted = make((stack) => ({
      table: makeTable(stack, { encryption: TableEncryption.CUSTOMER_MANAGED })
    }))
    assert.include(JSON.stringify(encrypted.template.findResources("AWS::IAM::Policy")), "kms:Decrypt")
    const { template } = make((stack) => ({
      table: new TableV2(stack, "Table", { ...keys, dynamoStream: StreamViewType.NEW_IMAGE })
    }))
    template.resourceCountIs("AWS::Lambda::EventSourceMapping", 1)
  })

  it("takes a name and password out of a secret in place of signatures", () => {
    const made = (secret: (stack: ReturnType<typeof makeStack>) => ISecret) => {
      const { template } = make((stack) => ({ secret: secret(stack) }))
      const policy = JSON.stringify(template.findResources("AWS::IAM::Policy"))
      assert.notInclude(policy, "es:ESHttp")
      const { Environment } = Object.values(template.findResources("AWS::Lambda::Function"))[0]!["Properties"]
      assert.notProperty(Environment.Variables, "OPENSEARCH_AUTH")
      assert.property(Environment.Variables, "OPENSEARCH_SECRET")
      return policy
    }
    const own = made((stack) => new Secret(stack, "Secret", { encryptionKey: new Key(stack, "Key") }))
    assert.match(own, /"secretsmanager:GetSecretValue",[^{]*"Resource":\{"Ref":"Secret/)
    assert.include(own, "DecryptSecret")
    const named = made((stack) => Secret.fromSecretNameV2(stack, "Secret", "search"))
    assert.include(named, ":secret:search-??????")
  })

  it("keeps dead letters in a bucket, and alarms by what was sent there", () => {
    const { search, template } = make((stack) => ({
      deadLetters: new Bucket(stack, "Letters", { encryption: BucketEncryption.KMS })
    }))
    assert.isUndefined(search.deadLetters)
    template.resourceCountIs("AWS::SQS::Queue", 0)
    const { Variables } = Object.values(template.findResources("AWS::Lambda::Function"))[0]!["Properties"].Environment
    assert.notProperty(Variables, "DEAD_LETTER_QUEUE_URL")
    assert.match(
      JSON.stringify(Variables.DEAD_LETTER_BUCKET_URL),
      /^\{"Fn::Join":\["",\["s3:\/\/",\{"Ref":"Letters\w+"\},"\/Shop\/Search\/"\]\]\}$/
    )
    const rights = (type: string) => JSON.stringify(template.findResources(type))
    assert.match(rights("AWS::IAM::Policy"), /"Action":"s3:PutObject"[^}]*\{"Fn::Join":[^}]*\},"\/Shop\/Search\/\*"/)
    assert.include(rights("AWS::IAM::Policy"), "kms:GenerateDataKey")
    assert.notInclude(rights("AWS::IAM::Policy"), "s3:GetObject")
    assert.include(rights("AWS::IAM::ManagedPolicy"), "s3:DeleteObject")
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Namespace: "tablefold",
      MetricName: "deadLettered",
      Dimensions: [
        { Name: "function", Value: { Ref: Match.stringLikeRegexp("^SearchFunction") } },
        { Name: "table", Value: { Ref: Match.stringLikeRegexp("^Table") } }
      ]
    })
  })

  it("bundles the entry", () => {
    const stack = makeStack()
    make(() => ({ entry: "src/example/lambda.ts" }), stack)
    const sizes = appOutput(stack).map((path) => [path, statSync(path).size] as const)
    assert.isTrue(sizes.some(([path, size]) => path.endsWith("/index.mjs") && size > 100_000 && size < 1_000_000))
  })
})

const appOutput = (stack: ReturnType<typeof makeStack>): ReadonlyArray<string> => {
  const out = (stack.node.root as unknown as { readonly outdir: string }).outdir
  return readdirSync(out, { recursive: true, encoding: "utf8" }).map((path) => join(out, path))
}

describe("what can't work is said", () => {
  const saying = (props: (stack: ReturnType<typeof makeStack>) => Partial<TableSearchProps>) => {
    try {
      make(props)
    } catch (error) {
      return String((error as Error).message)
    }
    return "nothing"
  }

  it.each<readonly [string, (stack: ReturnType<typeof makeStack>) => Partial<TableSearchProps>, RegExp]>([
    [
      "no stream",
      (stack) => ({ table: new Table(stack, "Table", keys) }),
      /^Shop\/Search can't work:\n {2}- the table has no stream: give it NEW_AND_OLD_IMAGES/
    ],
    [
      "keys alone",
      (stack) => ({ table: makeTable(stack, { stream: StreamViewType.KEYS_ONLY }) }),
      /view type KEYS_ONLY, without rows/
    ],
    [
      "old images of a global table",
      (stack) => ({ table: new TableV2(stack, "Table", { ...keys, dynamoStream: StreamViewType.OLD_IMAGE }) }),
      /view type OLD_IMAGE, without rows/
    ],
    [
      "other keys",
      (stack) => ({ table: makeTable(stack, { sortKey: { ...keys.sortKey, name: "sk" } }) }),
      /the table's keys are PK and sk, but the definition says PK and SK/
    ],
    ["both codes", () => ({ entry: "lambda.ts", code: Code.fromInline("1") }), /give either entry, .* or code/],
    [
      "an answer that is ignored",
      () => ({ eventSource: { reportBatchItemFailures: false } }),
      /reportBatchItemFailures must be on/
    ],
    ["tries that end", () => ({ eventSource: { retryAttempts: 3 } }), /retryAttempts must not be set: Lambda drops/],
    ["an age", () => ({ eventSource: { maxRecordAge: Duration.hours(1) } }), /maxRecordAge must not be set/],
    [
      "LATEST",
      () => ({ eventSource: { startingPosition: StartingPosition.LATEST } }),
      /startingPosition must be TRIM_HORIZON/
    ],
    [
      "a filter on images",
      () => ({ eventSource: { filters: [FilterCriteria.filter({ eventName: ["INSERT"] })] } }),
      /filters must look at dynamodb.Keys alone/
    ],
    [
      "a domain in a VPC",
      (stack) => ({
        domain: new Domain(stack, "Domain", { version: EngineVersion.OPENSEARCH_2_19, vpc: new Vpc(stack, "Vpc") })
      }),
      /the domain is in a VPC, .* say function: \{ vpc \}/
    ],
    ["an entry that is not there", () => ({ entry: "nowhere.ts" }), /nowhere.ts does not exist; give the module/]
  ])("%s", (_, props, sentence) => assert.match(saying(props), sentence))
})
