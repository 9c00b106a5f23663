/** The template of the documentation: the construct without a stack around it. Made anew by `npm run test:cdk -- -u`. */
import { App, CfnParameter, DefaultStackSynthesizer, Stack } from "aws-cdk-lib"
import { Template } from "aws-cdk-lib/assertions"
import { Table } from "aws-cdk-lib/aws-dynamodb"
import { Code } from "aws-cdk-lib/aws-lambda"
import { Domain } from "aws-cdk-lib/aws-opensearchservice"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { assert, expect, it } from "vitest"
import { TableSearch } from "../../src/cdk/index.ts"
import { table as definition } from "../../src/example/table.ts"

it("docs/template.json is what the construct becomes", async () => {
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false })
  const description = "Keeps OpenSearch right from a DynamoDB table: the orders and users of tablefold's example"
  const stack = new Stack(new App(), "Example", { analyticsReporting: false, description, synthesizer })
  const parameter = (id: string, description: string) => new CfnParameter(stack, id, { description })
  const table = Table.fromTableAttributes(stack, "Table", {
    tableArn: parameter("TableArn", "The ARN of the table").valueAsString,
    tableStreamArn: parameter("StreamArn", "The ARN of its stream, NEW_AND_OLD_IMAGES or NEW_IMAGE").valueAsString
  })
  const domain = Domain.fromDomainAttributes(stack, "Domain", {
    domainArn: parameter("DomainArn", "The ARN of the OpenSearch domain").valueAsString,
    domainEndpoint: parameter("DomainEndpoint", "Its host name, without https://").valueAsString
  })
  const code = Code.fromCfnParameters({
    bucketNameParam: parameter("CodeBucket", "The bucket with the zip of the bundled handler"),
    objectKeyParam: parameter("CodeKey", "The zip's key there")
  })
  const search = new TableSearch(stack, "Search", { table, definition, domain, code })
  const text = `${JSON.stringify(Template.fromStack(Stack.of(search)).toJSON(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot("../../docs/template.json")
})

const file = join(import.meta.dirname, "../../docs/template.json")

/** CDK lets a function wait for its role's policy by DependsOn, and names the role beside it. */
const ofCdk = "W3005"

const hasLint = spawnSync("cfn-lint", ["--version"]).status === 0

it.skipIf(!hasLint)("cfn-lint finds nothing in it", () => {
  const { stdout } = spawnSync("cfn-lint", ["--ignore-checks", ofCdk, "--", file], { encoding: "utf8" })
  assert.strictEqual(stdout, "")
})
