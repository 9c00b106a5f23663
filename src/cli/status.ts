/** `tablefold status`: what OpenSearch has of the definition's aggregates, and which dead letters wait. */
import { Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { type Documents, type GenerationStatus, status as ask, type Status } from "../generation/status.ts"
import * as deadLetterSource from "./deadLetterSource.ts"
import { Findings } from "./Failure.ts"
import * as LoadTable from "./loadTable.ts"
import { aliasPrefix, layerGeneration, openSearchEnvironment } from "./openSearch.ts"
import { proofText } from "./proofText.ts"
import { whole } from "./scanFlags.ts"
import { exitCodes, json, report } from "./report.ts"
import { count, type Line } from "./terminal.ts"

const exact = Flag.Boolean("exact").pipe(
  Flag.withDescription("Look at every document, however many there are (default: at 1000 of a kind, and estimate)"),
  Flag.withDefault(false)
)

const deadLetters = Flag.String("dead-letters").pipe(
  Flag.withMetavar("source"),
  Flag.withDescription(
    "Count the dead letters of a file, an SQS queue or s3://bucket/prefix too (default: they are not looked at)"
  ),
  Flag.optional
)

const found =
  "an index that readers see is incomplete, due for a verification, or has wrong documents, refused rows or " +
  "unreadable documents; or there are dead letters"

export const status = Command.make(
  "status",
  { table: LoadTable.flag, exact, deadLetters, json },
  Effect.fnUntraced(function* (options) {
    const table = yield* LoadTable.loadTable(options.table)
    const deadLetters = Option.isNone(options.deadLetters) ? undefined : yield* deadLettersIn(options.deadLetters.value)
    const asked = ask(table, { aliasPrefix: yield* aliasPrefix, isExact: options.exact })
    const aggregates = yield* Effect.provide(asked, layerGeneration)
    const text = [...aggregates.flatMap(textOf), ...(deadLetters === undefined ? [] : [deadLettersText(deadLetters)])]
    yield* report(options.json, { aggregates, deadLetters }, text)
    const noted = [
      ...aggregates.flatMap(toLookAt),
      ...(deadLetters?.count ? [count(deadLetters.count, "dead letter")] : [])
    ]
    if (noted.length > 0) return yield* new Findings({ message: noted.join(", ") })
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    `Show the indices of each aggregate: which one readers see, which definition writes it, whether it was filled and
  verified, where its rows come from, and how many documents it holds: those that readers see, those that wait for
  their root, those that remember removed rows, and those with a row whose newest state was refused. Where proof is
  kept up (\`verify --continuous\`, Lambda.verify), it says how old that is and which documents are wrong. With
  --dead-letters it says how many changes were refused, too.
  How old the newest change is no document tells, as a stream's numbers are no times: that is the iterator age of the
  Lambda function, or what \`tablefold tail\` says of itself.

  ${exitCodes(found)}

${openSearchEnvironment("always")}

${deadLetterSource.sourceEnvironment}`
  ),
  Command.withShortDescription("Show what OpenSearch has"),
  Command.withExamples([
    { command: "tablefold status --dead-letters dead-letters.jsonl", description: "Is all well?" },
    { command: "tablefold status --json | jq '.aggregates[].generations'", description: "For scripts" }
  ])
)

interface DeadLetters {
  readonly source: string
  /** The number of dead letters. A queue knows it only roughly. */
  readonly count: number
  /** The ISO time at which the oldest of those looked at was first refused. */
  readonly oldest: string | undefined
}

/** As many dead letters are looked at for the oldest one; a queue gives them ten at a time. */
const deadLettersMax = 1000

const deadLettersIn = Effect.fnUntraced(function* (source: string) {
  const queue = yield* deadLetterSource.open(source, "inspect")
  const size = yield* queue.size
  const kept = yield* deadLetterSource.inspect(queue, deadLettersMax)
  const times = kept.flatMap((each) => {
    const content = deadLetterSource.read(each)
    return Result.isSuccess(content) && content.success._tag === "DeadLetter"
      ? [content.success.deadLetter.firstAt]
      : []
  })
  return { source, count: Math.max(size, kept.length), oldest: times.toSorted()[0] } satisfies DeadLetters
})

const deadLettersText = ({ count: n, oldest, source }: DeadLetters): string => {
  if (n === 0) return `no dead letters in ${source}`
  const since = oldest === undefined ? "" : `, the oldest of ${oldest}`
  return `${count(n, "dead letter")} in ${source}${since}; \`tablefold dead-letters ${source}\` says why`
}

/** The conditions of the index that readers see which somebody should do something about. */
const toLookAt = ({ alias, generations }: Status): ReadonlyArray<string> =>
  generations
    .filter(({ isLive }) => isLive)
    .flatMap(({ documents, incomplete, proof, verificationDue }) => [
      ...(incomplete === undefined ? [] : [`${alias} is incomplete`]),
      ...(verificationDue === undefined ? [] : [`a verification of ${alias} is due`]),
      ...(proof === undefined || proof.wrong.length === 0 ? [] : [`wrong documents in ${alias}`]),
      ...(documents.refused === 0 ? [] : [`refused rows in ${alias}`]),
      ...(documents.unreadable === 0 ? [] : [`unreadable documents in ${alias}`])
    ])

const textOf = (status: Status): ReadonlyArray<Line> => [
  { style: "bold", text: `${status.alias} (definition ${status.definition})` },
  ...(status.generations.length === 0
    ? ["  no index yet; the first write makes it"]
    : status.generations.flatMap(lines(status)))
]

/** Says how the definition that writes an index relates to the one at hand. */
const kinship = ({ accepts, current }: GenerationStatus, { definition, previous }: Status): string => {
  if (current === definition) return ""
  if (current === previous) return ", the one under previous"
  return accepts.includes(definition) ? ", a newer one" : ", another one"
}

const lines =
  (status: Status) =>
  (own: GenerationStatus): ReadonlyArray<Line> => {
    return [
      `  ${own.index}: ${own.isLive ? "readers see it" : "readers don't see it"}`,
      `    ${documentsText(own.documents)}`,
      `    made ${own.createdAt}, ${own.filled ? "filled from the table" : "never filled by a backfill"}, ` +
        (own.verifiedAt === undefined ? "never verified" : `verified ${own.verifiedAt}`),
      ...(own.proof === undefined ? [] : proofText(own.proof, own.documents.live).map(indented)),
      ...(own.incomplete === undefined
        ? []
        : [{ style: "yellow", text: `    incomplete since ${own.incomplete}` } as const]),
      ...(own.verificationDue === undefined
        ? []
        : [
            {
              style: "yellow",
              text: `    a verification is due (tablefold verify) since ${own.verificationDue}`
            } as const
          ]),
      `    written by definition ${own.current}${kinship(own, status)}`,
      `    rows from ${own.source ?? "nowhere yet"}` +
        (own.followedAt === undefined ? "" : `, last followed ${own.followedAt}`)
    ]
  }

const indented = (line: Line): Line =>
  typeof line === "string" ? `    ${line}` : { ...line, text: `    ${line.text}` }

const documentsText = (documents: Documents): string => {
  const { estimates, live } = documents
  const number = (name: (typeof estimates)[number]) =>
    `${estimates.includes(name) ? "about " : ""}${whole(documents[name])}`
  const seen = `${whole(live)} ${live === 1 ? "document" : "documents"}`
  return (
    `${seen}; unseen ${number("waiting")} waiting for their root, ${number("removed")} of removed rows alone; ` +
    `${number("withTombstones")} in all remember removed rows` +
    (documents.refused === 0 ? "" : `; ${number("refused")} in all have refused rows, see \`tablefold explain\``) +
    (documents.unreadable === 0 ? "" : `; ${number("unreadable")} can't be read, see \`tablefold verify --repair\``)
  )
}
