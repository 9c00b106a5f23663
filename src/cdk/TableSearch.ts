/** A table's index kept right, as one construct: function, event source mapping, dead letters, rights and alarms. */
import { Duration, Validations } from "aws-cdk-lib"
import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch"
import { Port } from "aws-cdk-lib/aws-ec2"
import * as iam from "aws-cdk-lib/aws-iam"
import type { IKey } from "aws-cdk-lib/aws-kms"
import * as lambda from "aws-cdk-lib/aws-lambda"
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs"
import { Domain } from "aws-cdk-lib/aws-opensearchservice"
import type { IBucket } from "aws-cdk-lib/aws-s3"
import * as sqs from "aws-cdk-lib/aws-sqs"
import { Construct } from "constructs"
import * as policies from "../deploy/policies.ts"
import { type Alarms, makeAlarms, sent, waiting } from "./alarms.ts"
import { Backfill, type BackfillProps } from "./Backfill.ts"
import { codeOf } from "./code.ts"
import { makeProofAlarms, proofOf, scheduled, timeoutOf, type VerifyProps } from "./proof.ts"
import { makeDashboard } from "./dashboard.ts"
import { isInVpc, problemsOf } from "./problems.ts"
import type { TableSearchProps } from "./props.ts"

/**
 * Keeps the documents of one table in one domain, with the least rights. Fails with everything at once that can't work,
 * or would lose changes.
 */
export class TableSearch extends Construct {
  readonly function: lambda.Function
  readonly eventSource: lambda.EventSourceMapping
  /** The queue of changes that can't be written as they are, for 14 days; none where `deadLetters` is a bucket. */
  readonly deadLetters: sqs.Queue | undefined
  /** The rights of who runs the commands, to be attached to a role or a group. */
  readonly operator: iam.ManagedPolicy
  /** The state machine that fills the index; none without `backfill`. */
  readonly backfill: Backfill | undefined
  /** The function that proves the index right; none without `verify`. */
  readonly verifier: lambda.Function | undefined
  readonly alarms: Alarms
  readonly dashboard: Dashboard

  constructor(scope: Construct, id: string, props: TableSearchProps) {
    super(scope, id)
    const problems = problemsOf(props)
    if (problems.length > 0) {
      throw new Error([`${this.node.path} can't work:`, ...problems].join("\n  - "))
    }
    const { aliasPrefix = "", deadLetters: bucket, domain, secret, table } = props
    this.deadLetters = bucket === undefined ? this.makeQueue() : undefined
    const places: policies.Places = {
      tableArn: table.tableArn,
      domainArn: domain.domainArn,
      queueArn: this.deadLetters?.queueArn,
      bucket: bucket && { arn: bucket.bucketArn, prefix: this.prefix },
      // The ARN of one that is looked up by its name lacks six characters at its end.
      secretArn: secret === undefined ? undefined : (secret.secretFullArn ?? `${secret.secretArn}-??????`),
      aliases: policies.aliasesOf(props.definition, aliasPrefix)
    }
    const log = new LogGroup(this, "Log", { retention: props.logRetention ?? RetentionDays.ONE_MONTH })
    const policy = policies.ofFunction({ ...places, streamArn: table.tableStreamArn })
    const role = this.makeRole("Role", props, [...statementsOf(policy, props), ...encrypting(bucket)])
    this.function = this.makeFunction(props, role, log)
    this.eventSource = this.makeEventSource(props)
    this.operator = new iam.ManagedPolicy(this, "Operator", {
      description: "The commands of tablefold: backfill, verify, rebuild, redrive and the others",
      statements: [...statementsOf(policies.ofOperator(places), props), ...encrypting(bucket, "kms:Decrypt")]
    })
    const deadLetters = this.deadLetters === undefined ? sent(this.function, table) : waiting(this.deadLetters)
    this.verifier = props.verify && this.makeVerifier(props, props.verify, places, log)
    this.backfill = props.backfill && this.makeBackfill(props, props.backfill, places, log)
    const proof = this.verifier && proofOf(this.verifier, table.tableName)
    const alarms = {
      ...makeAlarms(this, this.function, deadLetters, props.alarmTopic),
      ...(proof && makeProofAlarms(this, proof, props.verify!, props.alarmTopic))
    }
    this.alarms = alarms
    this.dashboard = makeDashboard(this, { alarms, handler: this.function, log, deadLetters, proof })
  }

  /** The place of dead letters in their bucket. */
  private get prefix(): string {
    return `${this.node.path}/`
  }

  private makeQueue(): sqs.Queue {
    const queue = new sqs.Queue(this, "DeadLetters", {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14)
    })
    const reason = "It is the queue of dead letters itself."
    Validations.of(queue).acknowledge({ id: "AwsSolutions::AwsSolutions-SQS3", reason })
    return queue
  }

  private makeRole(
    id: string,
    { function: options }: TableSearchProps,
    statements: ReadonlyArray<iam.PolicyStatement>
  ): iam.Role {
    const role = new iam.Role(this, id, { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") })
    for (const statement of statements) role.addToPolicy(statement)
    if (options?.vpc !== undefined) role.addToPolicy(networkInterfaces())
    return role
  }

  private makeBackfill(props: TableSearchProps, own: BackfillProps, places: policies.Places, log: ILogGroup): Backfill {
    const { exports } = own
    const policy = policies.ofBackfill({ ...places, exports: { arn: exports.bucketArn, prefix: "" } })
    const role = this.makeRole("BackfillRole", props, [
      ...statementsOf(policy, props),
      ...decrypt("DecryptExports", exports.encryptionKey)
    ])
    const handler = this.makeHandler("BackfillFunction", props, own, role, log, {
      // As much as there is: what is left of a part then goes on with the next invocation.
      always: { memorySize: 1024, timeout: Duration.minutes(15) }
    })
    return new Backfill(this, "Backfill", own, { handler, log, verifier: this.verifier })
  }

  private makeVerifier(props: TableSearchProps, own: VerifyProps, places: policies.Places, log: ILogGroup) {
    const role = this.makeRole("VerifierRole", props, statementsOf(policies.ofVerifier(places), props))
    const handler = this.makeHandler("Verifier", props, own, role, log, {
      defaults: { memorySize: 512 },
      always: { timeout: timeoutOf(own) },
      environment: { DYNAMODB_TABLE: props.table.tableName }
    })
    scheduled(this, handler, own)
    return handler
  }

  private environmentOf({ aliasPrefix, domain, secret }: TableSearchProps) {
    return {
      OPENSEARCH_NODE: `https://${domain.domainEndpoint}`,
      ...(secret === undefined ? { OPENSEARCH_AUTH: "sigv4" } : { OPENSEARCH_SECRET: secret.secretArn }),
      ...(aliasPrefix === undefined ? {} : { OPENSEARCH_ALIAS_PREFIX: aliasPrefix })
    }
  }

  private makeFunction(props: TableSearchProps, role: iam.Role, log: ILogGroup) {
    const { deadLetters: bucket } = props
    return this.makeHandler("Function", props, props, role, log, {
      defaults: {
        // Twice of what a full event of 6 MB needs, and with it twice the processor.
        memorySize: 512,
        // A batch takes a second or two; the rest is for a domain that is slow, or answers 429 for a while.
        timeout: Duration.minutes(1)
      },
      environment: {
        ...(this.deadLetters && { DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl }),
        ...(bucket && { DEAD_LETTER_BUCKET_URL: `s3://${bucket.bucketName}/${this.prefix}` })
      }
    })
  }

  /** A function that reaches the domain. What is set for functions stands above the defaults, `always` above that. */
  private makeHandler(
    id: string,
    props: TableSearchProps,
    { code, entry }: { readonly code?: lambda.Code; readonly entry?: string },
    role: iam.Role,
    logGroup: ILogGroup,
    { always, defaults, environment }: Settings
  ): lambda.Function {
    const { domain, function: options = {} } = props
    logGroup.grantWrite(role)
    const handler = new lambda.Function(this, id, {
      ...common,
      ...defaults,
      ...options,
      ...always,
      code: code ?? codeOf(entry!),
      role,
      logGroup,
      environment: { ...this.environmentOf(props), ...environment, ...options.environment }
    })
    if (domain instanceof Domain && isInVpc(domain)) domain.connections.allowFrom(handler, Port.tcp(443))
    return handler
  }

  private makeEventSource({ eventSource, table }: TableSearchProps) {
    const made = new lambda.EventSourceMapping(this, "EventSource", {
      target: this.function,
      eventSourceArn: table.tableStreamArn!,
      // The answer names the lowest record that is not settled; Lambda delivers again from there.
      reportBatchItemFailures: true,
      // LATEST can miss records while a mapping is made or changed.
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      // Cut at 6 MB in any case.
      batchSize: 1000,
      // A change that comes alone would wait for all of it.
      maxBatchingWindow: Duration.seconds(0),
      // A shard brings at most 1,000 changes a second, of which one lane takes ten to forty times as many.
      parallelizationFactor: 1,
      bisectBatchOnError: true,
      ...eventSource
    })
    // Anything else drops records. The construct refuses to be told so; its template is not.
    const resource = made.node.defaultChild as lambda.CfnEventSourceMapping
    resource.maximumRetryAttempts = -1
    resource.maximumRecordAgeInSeconds = -1
    return made
  }
}

const common = {
  runtime: lambda.Runtime.NODEJS_24_X,
  architecture: lambda.Architecture.ARM_64,
  handler: "index.handler",
  loggingFormat: lambda.LoggingFormat.JSON
}

/** Settings of one function: below and above those of the user, and what it is told beside OpenSearch. */
interface Settings {
  readonly defaults?: lambda.FunctionOptions
  readonly always?: lambda.FunctionOptions
  readonly environment?: { readonly [name: string]: string }
}

/** A table's own key encrypts its stream too. */
const statementsOf = ({ Statement }: policies.Policy, { secret, table }: TableSearchProps) => [
  ...Statement.map((statement) => iam.PolicyStatement.fromJson(statement)),
  ...decrypt("DecryptTable", table.encryptionKey),
  ...decrypt("DecryptSecret", secret?.encryptionKey)
]

const decrypt = (sid: string, key: IKey | undefined) =>
  key === undefined ? [] : [new iam.PolicyStatement({ sid, actions: ["kms:Decrypt"], resources: [key.keyArn] })]

/** A bucket's own key encrypts what is put into it, and its checksum. */
const encrypting = (bucket: IBucket | undefined, ...more: ReadonlyArray<string>): Array<iam.PolicyStatement> => {
  const { encryptionKey } = bucket ?? {}
  if (encryptionKey === undefined) return []
  const actions = ["kms:GenerateDataKey", ...more]
  return [new iam.PolicyStatement({ sid: "EncryptDeadLetters", actions, resources: [encryptionKey.keyArn] })]
}

/** Rights that Lambda asks for to put a function into a VPC; most are on no resource. */
const networkInterfaces = () =>
  new iam.PolicyStatement({
    sid: "NetworkInterfaces",
    actions: [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses"
    ],
    resources: ["*"]
  })
