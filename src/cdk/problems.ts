/** Reasons why a construct can't work, each a sentence, told when the stack is synthesized. */
import { Stack, Token } from "aws-cdk-lib"
import { CfnGlobalTable, CfnTable } from "aws-cdk-lib/aws-dynamodb"
import * as lambda from "aws-cdk-lib/aws-lambda"
import { CfnDomain, type IDomain } from "aws-cdk-lib/aws-opensearchservice"
import type { TableSearchProps } from "./props.ts"

export const problemsOf = (props: TableSearchProps): ReadonlyArray<string> => [
  ...ofCode(props),
  ...ofStream(props),
  ...ofKeys(props),
  ...ofEventSource(props.eventSource ?? {}),
  ...ofNetwork(props)
]

const ofCode = ({ backfill, verify, ...own }: TableSearchProps) => [
  ...(isOne(own) ? [] : ["give either entry, the module that exports the handler, or code"]),
  ...(backfill === undefined || isOne(backfill) ? [] : ["give either backfill.entry, or backfill.code"]),
  ...(verify === undefined || isOne(verify) ? [] : ["give either verify.entry, or verify.code"])
]

const isOne = ({ code, entry }: Pick<TableSearchProps, "code" | "entry">): boolean =>
  (code === undefined) !== (entry === undefined)

/** The table's resource, where this app makes it. A part of it may be known at the end only, so it is asked for. */
const partOf = ({ table }: TableSearchProps, name: "keySchema" | "streamSpecification"): unknown => {
  const resource = table.node.defaultChild
  const isTable = resource instanceof CfnTable || resource instanceof CfnGlobalTable
  return isTable ? Stack.of(table).resolve(resource[name]) : undefined
}

const ofStream = (props: TableSearchProps): ReadonlyArray<string> => {
  if (props.table.tableStreamArn === undefined) {
    return [
      "the table has no stream: give it NEW_AND_OLD_IMAGES, or NEW_IMAGE; of an imported table say tableStreamArn " +
        "(Table.fromTableAttributes)"
    ]
  }
  const stream = partOf(props, "streamSpecification") as { readonly streamViewType?: string } | undefined
  const viewType = stream?.streamViewType
  if (viewType !== "KEYS_ONLY" && viewType !== "OLD_IMAGE") return []
  return [
    `the table's stream has the view type ${viewType}, without rows as they are now; ` +
      "it must be NEW_AND_OLD_IMAGES or NEW_IMAGE"
  ]
}

const ofKeys = (props: TableSearchProps): ReadonlyArray<string> => {
  const schema: unknown = partOf(props, "keySchema")
  if (!Array.isArray(schema)) return []
  const keys = schema as ReadonlyArray<{ readonly attributeName: string; readonly keyType: string }>
  const named = (type: string) => keys.find(({ keyType }) => keyType === type)?.attributeName
  const { partitionKey, sortKey } = props.definition
  if (named("HASH") === partitionKey && named("RANGE") === sortKey) return []
  const own = keys.map(({ attributeName }) => attributeName).join(" and ")
  const expected = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].join(" and ")
  return [`the table's keys are ${own}, but the definition says ${expected}`]
}

/** Settings of the event source mapping with which records get lost. */
const ofEventSource = (set: NonNullable<TableSearchProps["eventSource"]>): ReadonlyArray<string> => [
  ...(set.reportBatchItemFailures === false
    ? ["eventSource.reportBatchItemFailures must be on: without it Lambda takes every batch as done"]
    : []),
  ...(["maxRecordAge", "retryAttempts"] as const)
    .filter((name) => set[name] !== undefined)
    .map((name) => `eventSource.${name} must not be set: Lambda drops the records that go beyond it`),
  ...(set.startingPosition !== undefined && set.startingPosition !== lambda.StartingPosition.TRIM_HORIZON
    ? ["eventSource.startingPosition must be TRIM_HORIZON: others miss records while a mapping is made or changed"]
    : []),
  ...((set.filters ?? []).every(isOnKeys)
    ? []
    : ["eventSource.filters must look at dynamodb.Keys alone: others drop removals, or rows that leave the filter"])
]

const isOnKeys = ({ pattern }: { readonly [name: string]: unknown }): boolean => {
  if (typeof pattern !== "string" || Token.isUnresolved(pattern)) return true
  const filter = JSON.parse(pattern) as { readonly dynamodb?: object }
  return Object.keys(filter).join() === "dynamodb" && Object.keys(filter.dynamodb ?? {}).join() === "Keys"
}

/** True for a domain of this app that stands in a VPC. */
export const isInVpc = ({ node: { defaultChild } }: IDomain): boolean =>
  defaultChild instanceof CfnDomain && defaultChild.vpcOptions !== undefined

const ofNetwork = ({ domain, function: options = {} }: TableSearchProps): ReadonlyArray<string> =>
  isInVpc(domain) && options.vpc === undefined
    ? ["the domain is in a VPC, which the function can't reach from outside: say function: { vpc }"]
    : []
