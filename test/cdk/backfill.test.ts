/** The state machine that fills an index: its definition, linted, and the rights of its function. */
import { Match, type Template } from "aws-cdk-lib/assertions"
import { Code } from "aws-cdk-lib/aws-lambda"
import { Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3"
import { createRequire } from "node:module"
import { assert, describe, it } from "vitest"
import { make } from "./stack.ts"

const made = () =>
  make((stack) => ({
    backfill: {
      exports: new Bucket(stack, "Exports", { encryption: BucketEncryption.KMS }),
      code: Code.fromInline("export const handler = 1")
    }
  }))

/** The linter for the Amazon States Language; it has no types. */
const validate: (definition: unknown) => { readonly isValid: boolean; readonly errors: unknown } = createRequire(
  import.meta.url
)("asl-validator")

/** The definition with an ARN in place of each reference. */
const definitionOf = (template: Template): any => {
  const [machine] = Object.values(template.findResources("AWS::StepFunctions::StateMachine"))
  const [, parts] = machine!["Properties"].DefinitionString["Fn::Join"]
  const text = parts.map((part: unknown) => {
    if (typeof part === "string") return part
    const name = JSON.stringify(part)
    return /Exports/.test(name)
      ? "exports"
      : /Partition/.test(name)
        ? "aws"
        : "arn:aws:lambda:eu-west-1:123456789012:function:backfill"
  })
  return JSON.parse(text.join(""))
}

describe("the state machine", () => {
  const { template } = made()
  const definition = definitionOf(template)

  it("is one as the Amazon States Language has it", () => {
    const { errors, isValid } = validate(definition)
    assert.isTrue(isValid, JSON.stringify(errors))
    const broken = { ...definition, StartAt: "Nowhere" }
    assert.isFalse(validate(broken).isValid, "the linter is tried")
  })

  it("begins, fills each file of the manifest or each segment, and then marks what is filled", () => {
    const { StartAt, States } = definition
    assert.strictEqual(StartAt, "Begin")
    assert.deepInclude(States.FromExport.Choices[0], { Variable: "$.manifest", IsPresent: true, Next: "EachFiles" })
    assert.strictEqual(States.FromExport.Default, "EachSegments")
    assert.deepInclude(States.EachFiles.ItemReader, {
      Resource: "arn:aws:states:::s3:getObject",
      ReaderConfig: { InputType: "JSONL" },
      Parameters: { Bucket: "exports", "Key.$": "$.manifest.key" }
    })
    assert.strictEqual(States.EachSegments.ItemsPath, "$.parts")
    for (const name of ["Files", "Segments"]) {
      const each = States[`Each${name}`]
      assert.deepInclude(each, {
        Type: "Map",
        MaxConcurrency: 8,
        Next: "MarkFilled",
        ResultPath: null,
        ItemSelector: { "plan.$": "$.plan", "part.$": "$$.Map.Item.Value", at: "new" }
      })
      assert.deepEqual(each.ItemProcessor.ProcessorConfig, { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" })
      assert.notProperty(each, "ToleratedFailurePercentage")
      assert.deepInclude(each.ResultWriter, {
        Resource: "arn:aws:states:::s3:putObject",
        Parameters: { Bucket: "exports", Prefix: `Shop/Search/Backfill/${name}` }
      })
      const { [`Are${name}Filled`]: choice, [`Fill${name}`]: fill } = each.ItemProcessor.States
      assert.strictEqual(fill.Next, `Are${name}Filled`)
      assert.strictEqual(choice.Default, `Fill${name}`, "what is left of a part goes on with the next invocation")
      assert.deepInclude(choice.Choices[0], { Variable: "$.isFinished", BooleanEquals: true, Next: `${name}Filled` })
    }
    assert.deepInclude(States.MarkFilled, { End: true, Parameters: { "plan.$": "$.plan", end: true } })
  })

  it("tries again what may go better, and nothing that is refused", () => {
    const tasks = [definition.States.Begin, definition.States.EachFiles.ItemProcessor.States.FillFiles]
    for (const { Retry } of tasks) {
      const refused = ["FillRefused", "SourceError", "ExportError", "StreamApiError"]
      assert.deepStrictEqual(Retry[0], { ErrorEquals: refused, MaxAttempts: 0 })
      assert.deepInclude(Retry[1], { ErrorEquals: ["States.ALL"], MaxAttempts: 10, JitterStrategy: "FULL" })
    }
  })

  it("has a function with a quarter of an hour, and the least rights", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Timeout: 900,
      MemorySize: 1024,
      Environment: {
        Variables: {
          OPENSEARCH_NODE: Match.anyValue(),
          OPENSEARCH_AUTH: "sigv4",
          DEAD_LETTER_QUEUE_URL: Match.absent()
        }
      }
    })
    const [policy] = Object.entries(template.findResources("AWS::IAM::Policy")).flatMap(([name, one]) =>
      name.startsWith("SearchBackfillRole") ? [one] : []
    )
    const actions = policy!["Properties"].PolicyDocument.Statement.flatMap(({ Action }: any) => Action)
    assert.strictEqual(
      actions.toSorted().join(" "),
      "dynamodb:DescribeTable dynamodb:Scan es:ESHttpGet es:ESHttpPost es:ESHttpPut kms:Decrypt " +
        "logs:CreateLogStream logs:PutLogEvents s3:GetObject s3:ListBucket"
    )
  })
})

it("ends with a round of proof where there is a verifier", () => {
  const { template } = make((stack) => ({
    verify: { code: Code.fromInline("export const handler = 1") },
    backfill: { exports: new Bucket(stack, "Exports"), code: Code.fromInline("export const handler = 1") }
  }))
  const definition = definitionOf(template)
  const { errors, isValid } = validate(definition)
  assert.isTrue(isValid, JSON.stringify(errors))
  const { FromNowOn, IsProven, MarkFilled, Prove } = definition.States
  assert.strictEqual(MarkFilled.Next, "FromNowOn")
  assert.deepInclude(FromNowOn, { Parameters: { "since.$": "$$.State.EnteredTime" }, Next: "Prove" })
  assert.deepInclude(Prove, { Parameters: { "since.$": "$.since" }, ResultPath: "$.proof", Next: "IsProven" })
  assert.strictEqual(IsProven.Default, "Prove", "it goes on until all is compared")
  assert.deepInclude(IsProven.Choices[0], { Variable: "$.proof.isFinished", BooleanEquals: true, Next: "Proven" })
})

it("none is made where it is not asked for, and none without code", () => {
  const { search, template } = make()
  assert.isUndefined(search.backfill)
  template.resourceCountIs("AWS::StepFunctions::StateMachine", 0)
  template.resourceCountIs("AWS::Lambda::Function", 1)
  assert.throws(
    () => make((stack) => ({ backfill: { exports: new Bucket(stack, "Exports") } })),
    /give either backfill\.entry, or backfill\.code/
  )
})
