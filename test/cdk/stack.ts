/** A stack with the example's table, a domain and the construct. */
import { App, Stack } from "aws-cdk-lib"
import { Template } from "aws-cdk-lib/assertions"
import { AttributeType, StreamViewType, Table, type TableProps } from "aws-cdk-lib/aws-dynamodb"
import { Code } from "aws-cdk-lib/aws-lambda"
import { Domain, EngineVersion } from "aws-cdk-lib/aws-opensearchservice"
import { TableSearch, type TableSearchProps } from "../../src/cdk/index.ts"
import { table as definition } from "../../src/example/table.ts"

export const keys = {
  partitionKey: { name: "PK", type: AttributeType.STRING },
  sortKey: { name: "SK", type: AttributeType.STRING }
} as const

export const makeStack = (): Stack =>
  new Stack(new App(), "Shop", { env: { account: "123456789012", region: "eu-west-1" } })

export const makeTable = (stack: Stack, options: Partial<TableProps> = {}): Table =>
  new Table(stack, "Table", { ...keys, stream: StreamViewType.NEW_AND_OLD_IMAGES, ...options })

export interface Made {
  readonly stack: Stack
  readonly search: TableSearch
  readonly template: Template
}

export const make = (
  props: (stack: Stack) => Partial<TableSearchProps> = () => ({}),
  stack: Stack = makeStack()
): Made => {
  const own = props(stack)
  const search = new TableSearch(stack, "Search", {
    table: own.table ?? makeTable(stack),
    definition,
    domain: own.domain ?? new Domain(stack, "Domain", { version: EngineVersion.OPENSEARCH_2_19 }),
    ...(own.entry === undefined ? { code: Code.fromInline("export const handler = 1") } : {}),
    ...own
  })
  return { stack, search, template: Template.fromStack(stack) }
}
