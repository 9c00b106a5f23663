/**
 * AwsSolutions of cdk-nag finds nothing in the construct but wildcards in its policies. It tells them by the resource,
 * so whoever asks acknowledges them: an index of an alias has a number, a stream the time of its making in its name.
 */
import { type App, Validations } from "aws-cdk-lib"
import { Vpc } from "aws-cdk-lib/aws-ec2"
import { Code } from "aws-cdk-lib/aws-lambda"
import { Bucket } from "aws-cdk-lib/aws-s3"
import { AwsSolutionsChecks } from "cdk-nag"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { make, makeStack } from "./stack.ts"

interface Report {
  readonly pluginReports: ReadonlyArray<{
    readonly violations: ReadonlyArray<{
      readonly ruleName: string
      readonly violatingConstructs: ReadonlyArray<{ readonly constructPath: string }>
    }>
  }>
}

it("AwsSolutions has nothing to say of the construct but that its rights have wildcards", () => {
  const stack = makeStack()
  make((stack) => {
    const backfill = { exports: new Bucket(stack, "Exports"), code: Code.fromInline("export const handler = 1") }
    const verify = { code: Code.fromInline("export const handler = 2") }
    return { function: { vpc: new Vpc(stack, "Vpc") }, backfill, verify }
  }, stack)
  const app = stack.node.root as App
  Validations.of(app).addPlugins(new AwsSolutionsChecks())
  // The domain and the network around it are found wanting, which is why it throws.
  assert.throws(() => app.synth({ force: true }), /OS1/)
  const { pluginReports } = JSON.parse(readFileSync(join(app.outdir, "validation-report.json"), "utf8")) as Report
  const found = pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`)
    )
  )
  assert.isTrue(
    found.some((one) => one.includes(" Shop/Domain/")),
    "the rules are tried"
  )
  const own = found.filter((one) => one.includes(" Shop/Search/"))
  const ofMap = "Backfill/StateMachine/DistributedMapPolicy"
  const names = [
    "Operator",
    ...["", "Backfill", "Backfill/StateMachine/", "Verifier"].map((one) => `${one}Role/DefaultPolicy`),
    ofMap
  ]
  const isPolicy = (one: string) => names.some((name) => one.endsWith(` Shop/Search/${name}/Resource`))
  assert.deepStrictEqual(
    own.filter((one) => !(one.startsWith("AwsSolutions-IAM5[Resource::") && isPolicy(one))),
    []
  )
})
