/** `tablefold policy`: the least rights, for those who don't deploy by the construct. */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type * as Table from "../define/Table.ts"
import * as policies from "../deploy/policies.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix } from "./openSearch.ts"
import { exitCodes, oneLine, report } from "./report.ts"

const arn = (name: string, what: string, form: RegExp, like: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("arn"),
    Flag.withDescription(`${what}, such as ${like}`),
    Flag.filter(
      (text) => form.test(text),
      () => `an ARN like ${like}`
    )
  )

const flags = {
  table: LoadTable.flag,
  tableArn: arn(
    "table-arn",
    "The ARN of the table",
    /^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table\/[\w.-]+$/,
    "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop"
  ),
  domainArn: arn(
    "domain-arn",
    "The ARN of the OpenSearch domain",
    /^arn:aws[a-z-]*:es:[a-z0-9-]+:\d{12}:domain\/[a-z0-9-]+$/,
    "arn:aws:es:eu-west-1:123456789012:domain/search"
  ),
  queueArn: arn(
    "queue-arn",
    "The ARN of the queue of dead letters",
    /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+$/,
    "arn:aws:sqs:eu-west-1:123456789012:dead-letters"
  ).pipe(Flag.optional),
  secretArn: arn(
    "secret-arn",
    "The ARN of the secret with the domain's name and password, where requests are not signed",
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:search"
  ).pipe(Flag.optional),
  bucketArn: arn(
    "bucket-arn",
    "The ARN of the bucket of dead letters, with the prefix that they have there",
    /^arn:aws[a-z-]*:s3:::[a-z0-9.-]+(\/[^*?$]*)?$/,
    "arn:aws:s3:::dead-letters/shop"
  ).pipe(Flag.optional),
  json: oneLine
}

export const policy = Command.make(
  "policy",
  flags,
  Effect.fnUntraced(function* ({ bucketArn, domainArn, json, queueArn, secretArn, table: module, tableArn }) {
    const table = yield* LoadTable.loadTable(module)
    const places = {
      domainArn,
      queueArn: Option.getOrUndefined(queueArn),
      bucket: Option.getOrUndefined(Option.map(bucketArn, bucketOf)),
      secretArn: Option.getOrUndefined(secretArn),
      tableArn
    }
    const rights = rightsOf(table, yield* aliasPrefix, places)
    yield* report(json, rights, JSON.stringify(rights, null, 2).split("\n"))
  })
).pipe(
  Command.withDescription(
    `Print the least rights, as JSON: under "function" those of the function, under "verifier" those of Lambda.verify's,
  under "operator" those of who runs the commands, under "reader" those of a program that searches. Of each, "iam" is
  an IAM policy and "openSearch" a role of OpenSearch's fine-grained access control, to be mapped to the ARN of the IAM
  role; where that is off, the IAM policy alone counts.
  OPENSEARCH_ALIAS_PREFIX is put before the names. Nothing is asked of a server.
  Beside them the function needs what every function needs: AWSLambdaBasicExecutionRole for its log, and
  AWSLambdaVPCAccessExecutionRole in a VPC.

  ${exitCodes()}`
  ),
  Command.withShortDescription("Print the IAM policies and OpenSearch roles that are needed"),
  Command.withExamples([
    {
      command:
        "tablefold policy --table-arn arn:aws:dynamodb:eu-west-1:123456789012:table/Shop " +
        "--domain-arn arn:aws:es:eu-west-1:123456789012:domain/search | jq .function.iam",
      description: "The function's IAM policy"
    }
  ])
)

const bucketOf = (text: string): policies.Bucket => {
  const [arn = "", ...path] = text.split("/")
  const prefix = path.join("/").replace(/\/*$/, "")
  return { arn, prefix: prefix === "" ? "" : `${prefix}/` }
}

const rightsOf = (table: Table.Table, prefix: string, places: Omit<policies.Places, "aliases">) => {
  const aliases = policies.aliasesOf(table, prefix)
  const all = { ...places, aliases }
  return {
    function: { iam: policies.ofFunction(all), openSearch: policies.roleOfFunction(aliases) },
    verifier: { iam: policies.ofVerifier(all), openSearch: policies.roleOfVerifier(aliases) },
    operator: { iam: policies.ofOperator(all), openSearch: policies.roleOfOperator(aliases) },
    reader: { iam: policies.ofReader(all), openSearch: policies.roleOfReader(aliases) }
  }
}
