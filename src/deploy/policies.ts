/** The least rights: of the function, and of who runs the commands; as IAM policies and as OpenSearch roles. Pure. */
import type * as Table from "../define/Table.ts"
import * as requests from "./requests.ts"

/** The resources that rights are given on. */
export interface Places {
  readonly tableArn: string
  /** Defaults to all streams that the table has, or will have. */
  readonly streamArn?: string | undefined
  /** `arn:aws:es:eu-west-1:123456789012:domain/search`. */
  readonly domainArn: string
  /** The queue of dead letters. */
  readonly queueArn?: string | undefined
  /** The secret with the name and password for a domain that takes no signed requests; IAM is not asked by it. */
  readonly secretArn?: string | undefined
  /** The bucket of dead letters, and what stands before their names in it. */
  readonly bucket?: Bucket | undefined
  /** The aliases that readers use, with their prefix. */
  readonly aliases: ReadonlyArray<string>
}

/** A bucket, or a part of it. */
export interface Bucket {
  /** `arn:aws:s3:::dead-letters`. */
  readonly arn: string
  /** Empty, or ending with a slash. */
  readonly prefix: string
}

export interface Statement {
  readonly Sid: string
  readonly Effect: "Allow"
  readonly Action: ReadonlyArray<string>
  readonly Resource: ReadonlyArray<string>
}

/** An IAM policy that allows some actions. */
export interface Policy {
  readonly Version: "2012-10-17"
  readonly Statement: ReadonlyArray<Statement>
}

/** A role of OpenSearch's security plugin, as its REST API takes it. */
export interface Role {
  readonly cluster_permissions: ReadonlyArray<string>
  readonly index_permissions: ReadonlyArray<{
    readonly index_patterns: ReadonlyArray<string>
    readonly allowed_actions: ReadonlyArray<string>
  }>
}

/** Gives the aliases of a definition, those of its previous one included. */
export const aliasesOf = ({ aggregates, previous }: Table.Table, prefix: string): ReadonlyArray<string> => [
  ...new Set([...aggregates, ...(previous?.aggregates ?? [])].map(({ name }) => prefix + name))
]

/** Makes the policy of the function, without its logs. */
export const ofFunction = (places: Places): Policy =>
  policy([
    readStream(places),
    listStreams,
    ...onQueue(places, "SendDeadLetters", ["SendMessage"]),
    ...onObjects(places, "PutDeadLetters", ["PutObject"]),
    ...onSearch(places, requests.ofFunction)
  ])

/** Makes the policy of the function that proves the index right, without its logs. */
export const ofVerifier = (places: Places): Policy =>
  policy([readTable(places), ...onSearch(places, requests.ofVerifier)])

/** Makes the policy of who runs the commands. */
export const ofOperator = (places: Places): Policy =>
  policy([
    readTable(places),
    readStream(places),
    ...onQueue(places, "WorkOffDeadLetters", [
      "ChangeMessageVisibility",
      "DeleteMessage",
      "GetQueueAttributes",
      "ReceiveMessage",
      "SendMessage"
    ]),
    ...onBucket(places, "ListDeadLetters", ["ListBucket"]),
    ...onObjects(places, "WorkOffDeadLetterObjects", ["DeleteObject", "GetObject", "PutObject"]),
    ...onSearch(places, requests.ofOperator)
  ])

/** Makes the policy of a program that searches. */
export const ofReader = (places: Places): Policy => policy(onSearch(places, requests.ofReader))

/** Makes the OpenSearch role of a program that searches. */
export const roleOfReader = (aliases: ReadonlyArray<string>): Role => role(aliases, requests.ofReader)
/** Makes the policy of the function that fills from exports in a bucket, or from the table, without its logs. */
export const ofBackfill = (places: Places & { readonly exports: Bucket }): Policy =>
  policy([
    allow("ReadTable", named("dynamodb", ["DescribeTable", "Scan"]), [places.tableArn]),
    ...onBucket({ ...places, bucket: places.exports }, "ListExports", ["ListBucket"]),
    ...onObjects({ ...places, bucket: places.exports }, "ReadExports", ["GetObject"]),
    ...onSearch(places, requests.ofFunction)
  ])

/** Makes the OpenSearch role of the function. */
export const roleOfFunction = (aliases: ReadonlyArray<string>): Role => role(aliases, requests.ofFunction)

/** Makes the OpenSearch role of the function that proves the index right. */
export const roleOfVerifier = (aliases: ReadonlyArray<string>): Role => role(aliases, requests.ofVerifier)

/** Makes the OpenSearch role of who runs the commands. */
export const roleOfOperator = (aliases: ReadonlyArray<string>): Role => role(aliases, requests.ofOperator)

const policy = (Statement: ReadonlyArray<Statement>): Policy => ({ Version: "2012-10-17", Statement })

const allow = (Sid: string, Action: ReadonlyArray<string>, Resource: ReadonlyArray<string>): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource
})

const named = (service: string, actions: ReadonlyArray<string>) => actions.map((action) => `${service}:${action}`)

const readTable = ({ tableArn }: Places): Statement =>
  allow("ReadTable", named("dynamodb", ["BatchGetItem", "DescribeTable", "Query", "Scan"]), [tableArn])

const readStream = ({ streamArn, tableArn }: Places): Statement =>
  allow("ReadStream", named("dynamodb", ["DescribeStream", "GetRecords", "GetShardIterator"]), [
    streamArn ?? `${tableArn}/stream/*`
  ])

/** Lambda makes no mapping for a role without it; it is an action on no resource. */
const listStreams = allow("ListStreams", ["dynamodb:ListStreams"], ["*"])

const onQueue = ({ queueArn }: Places, sid: string, actions: ReadonlyArray<string>): ReadonlyArray<Statement> =>
  queueArn === undefined ? [] : [allow(sid, named("sqs", actions), [queueArn])]

const onBucket = ({ bucket }: Places, sid: string, actions: ReadonlyArray<string>): ReadonlyArray<Statement> =>
  bucket === undefined ? [] : [allow(sid, named("s3", actions), [bucket.arn])]

const onObjects = ({ bucket }: Places, sid: string, actions: ReadonlyArray<string>): ReadonlyArray<Statement> =>
  bucket === undefined ? [] : [allow(sid, named("s3", actions), [`${bucket.arn}/${bucket.prefix}*`])]

const onSearch = (places: Places, kinds: ReadonlyArray<requests.Kind>): ReadonlyArray<Statement> =>
  places.secretArn === undefined
    ? onDomain(places, kinds)
    : [allow("ReadSecret", ["secretsmanager:GetSecretValue"], [places.secretArn])]

/** One statement for each method: IAM knows a request to a domain by its method and path. */
const onDomain = ({ aliases, domainArn }: Places, kinds: ReadonlyArray<requests.Kind>): ReadonlyArray<Statement> =>
  (["Get", "Post", "Put", "Delete"] as const).flatMap((method) => {
    const own = kinds.filter((kind) => kind.method === method.toUpperCase()).map(({ path }) => path)
    const least = own.filter((path) => !own.some((other) => other !== path && covers(other, path)))
    const paths = new Set(least.flatMap((path) => aliases.map((alias) => path.replaceAll("{alias}", alias))))
    const resources = [...paths].map((path) => domainArn + path)
    return resources.length === 0 ? [] : [allow(`OpenSearch${method}`, [`es:ESHttp${method}`], resources)]
  })

const covers = (pattern: string, path: string): boolean =>
  pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1))

const role = (aliases: ReadonlyArray<string>, kinds: ReadonlyArray<requests.Kind>): Role => ({
  cluster_permissions: [...new Set(kinds.flatMap(({ cluster }) => cluster))],
  index_permissions: [
    {
      index_patterns: aliases.flatMap((alias) => [alias, `${alias}-*`]),
      allowed_actions: [...new Set(kinds.flatMap(({ index }) => index))]
    }
  ]
})
