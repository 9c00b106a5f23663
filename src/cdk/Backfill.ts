/** An index filled at any size, by a state machine of Step Functions that starts a function for each part. */
import { Duration } from "aws-cdk-lib"
import type * as lambda from "aws-cdk-lib/aws-lambda"
import type { ILogGroup } from "aws-cdk-lib/aws-logs"
import type { IBucket } from "aws-cdk-lib/aws-s3"
import * as sfn from "aws-cdk-lib/aws-stepfunctions"
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks"
import { Construct } from "constructs"

export interface BackfillProps {
  /** The bucket of the table's exports. Results of runs lie in it too, below the construct's path. */
  readonly exports: IBucket
  /** The module that exports `handler`, made by `Lambda.backfill`; bundled by Rolldown. Give this, or `code`. */
  readonly entry?: string
  /** The code, if it is bundled already; its handler is `index.handler`. */
  readonly code?: lambda.Code
  /** Parts that are filled side by side. Defaults to 8: what the domain takes is the limit, and 429s slow all down. */
  readonly concurrency?: number
}

interface Made {
  readonly handler: lambda.IFunction
  /** The function that proves the index right, if there is one. */
  readonly verifier: lambda.IFunction | undefined
  readonly log: ILogGroup
}

/**
 * The state machine. Started with `{"export":"s3://bucket/prefix"}` it fills from an export, with
 * `{"tableName":"shop"}` from the table. It ends once the indices are marked as filled, and compared by the verifier if
 * there is one; or it fails where a part could not be filled, and does the failed parts again when redriven.
 */
export class Backfill extends Construct {
  readonly function: lambda.IFunction
  readonly stateMachine: sfn.StateMachine

  constructor(scope: Construct, id: string, props: BackfillProps, { handler, log, verifier }: Made) {
    super(scope, id)
    // Without it where the results are to be written is left out of the definition.
    this.node.setContext("@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2", true)
    this.function = handler
    const begin = this.invoke(this, "Begin", handler, sfn.TaskInput.fromJsonPathAt("$"))
    const plan = sfn.JsonPath.objectAt("$.plan")
    const mark = this.invoke(this, "MarkFilled", handler, sfn.TaskInput.fromObject({ plan, end: true }))
    const end = verifier === undefined ? mark : mark.next(this.round(verifier))
    const key = sfn.JsonPath.stringAt("$.manifest.key")
    const files = this.map("Files", props, {
      itemReader: new sfn.S3JsonLItemReader({ bucket: props.exports, key })
    }).next(end)
    const segments = this.map("Segments", props, { itemsPath: "$.parts" }).next(end)
    const definition = begin.next(
      new sfn.Choice(this, "FromExport").when(sfn.Condition.isPresent("$.manifest"), files).otherwise(segments)
    )
    this.stateMachine = new sfn.StateMachine(this, "StateMachine", {
      definitionBody: sfn.DefinitionBody.fromChainable(definition),
      tracingEnabled: true,
      logs: { destination: log, level: sfn.LogLevel.ALL, includeExecutionData: false }
    })
    // Its rights on the bucket are given with the map's reader and writer; those on the bucket's key are not.
    props.exports.encryptionKey?.grantEncryptDecrypt(this.stateMachine)
  }

  /** All parts that are listed, side by side; one that can't be filled ends it. */
  private map(id: string, { concurrency = 8, exports }: BackfillProps, items: sfn.DistributedMapJsonPathProps) {
    const own = new Construct(this, id)
    const fill = this.invoke(own, `Fill${id}`, this.function, sfn.TaskInput.fromJsonPathAt("$"))
    const isFinished = new sfn.Choice(own, `Are${id}Filled`)
      .when(sfn.Condition.booleanEquals("$.isFinished", true), new sfn.Succeed(own, `${id}Filled`))
      .otherwise(fill)
    const map = sfn.DistributedMap.jsonPath(own, `Each${id}`, {
      ...items,
      label: id,
      maxConcurrency: concurrency,
      itemSelector: {
        plan: sfn.JsonPath.objectAt("$.plan"),
        part: sfn.JsonPath.objectAt("$$.Map.Item.Value"),
        at: "new"
      },
      resultWriterV2: new sfn.ResultWriterV2({ bucket: exports, prefix: `${this.node.path}/${id}` }),
      resultPath: sfn.JsonPath.DISCARD
    })
    return map.itemProcessor(fill.next(isFinished))
  }

  /** A round of proof from now on: the verifier goes on until it has compared all. */
  private round(verifier: lambda.IFunction): sfn.Chain {
    const since = sfn.TaskInput.fromObject({ since: sfn.JsonPath.stringAt("$.since") })
    const prove = this.invoke(this, "Prove", verifier, since, "$.proof")
    const isProven = new sfn.Choice(this, "IsProven")
      .when(sfn.Condition.booleanEquals("$.proof.isFinished", true), new sfn.Succeed(this, "Proven"))
      .otherwise(prove)
    return new sfn.Pass(this, "FromNowOn", { parameters: { since: sfn.JsonPath.stringAt("$$.State.EnteredTime") } })
      .next(prove)
      .next(isProven)
  }

  private invoke(
    scope: Construct,
    id: string,
    lambdaFunction: lambda.IFunction,
    payload: sfn.TaskInput,
    resultPath?: string
  ): sfn.TaskStateBase {
    const task = new LambdaInvoke(scope, id, {
      lambdaFunction,
      payload,
      ...(resultPath === undefined ? {} : { resultPath }),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false
    })
    // What is refused once is refused again; what fails in passing was tried again before it is one of these.
    task.addRetry({ errors: ["FillRefused", "SourceError", "ExportError", "StreamApiError"], maxAttempts: 0 })
    return task.addRetry({
      errors: [sfn.Errors.ALL],
      interval: Duration.seconds(5),
      backoffRate: 2,
      maxDelay: Duration.minutes(2),
      maxAttempts: 10,
      jitterStrategy: sfn.JitterType.FULL
    })
  }
}
