/** The counts of a check: what the rows of a table are by its definition. Pure; memory is bounded by the definition. */
import { Result } from "effect"
import * as Claim from "../decode/Claim.ts"
import { contentOf } from "../decode/decode.ts"
import { keyPattern } from "../decode/keyPattern.ts"
import { KeyPatterns, type PatternCount } from "../decode/KeyPatterns.ts"
import type { Reject } from "../decode/RowEvent.ts"
import { ofReason, type RowProblem, rowProblems } from "../decode/rowProblems.ts"
import { keyText } from "../decode/rowKey.ts"
import * as Shape from "../define/Shape.ts"
import type { Table } from "../define/Table.ts"
import type { Attributes, Change } from "../source/Change.ts"
import { type Counts, DocumentTally, type Large } from "./DocumentTally.ts"

/** The rows of one kind. */
export interface KindCount {
  readonly aggregate: string
  /** The field that shows them, or `root`. */
  readonly kind: string
  readonly rows: number
}

/** One problem of rows of one kind. */
export interface ProblemCount extends Omit<RowProblem, "attribute"> {
  /** `null` where it is not known whose row it is. */
  readonly aggregate: string | null
  readonly kind: string | null
  readonly rows: number
  /** Keys of the first rows, as `ORDER#1 / ITEM#2`. */
  readonly examples: ReadonlyArray<string>
  /** The attribute's values in these rows; only where values are asked for. */
  readonly values?: ReadonlyArray<string>
}

export interface Report {
  readonly rows: number
  /** Rows by kind, refused ones left out. */
  readonly kinds: ReadonlyArray<KindCount>
  /** Rows of an aggregate's keys that are of no kind by `where` or `type`, so that they don't count. */
  readonly leftOut: { readonly [aggregate: string]: number }
  readonly documents: { readonly [aggregate: string]: Counts }
  /** Rows that no aggregate claims. */
  readonly unclaimed: number
  /** By the pattern of their keys, the most frequent first. */
  readonly unclaimedPatterns: ReadonlyArray<PatternCount>
  /** Rows that an aggregate claims and refuses. */
  readonly refused: number
  /** All problems that these have, the most frequent first, then in the order of their names. */
  readonly problems: ReadonlyArray<ProblemCount>
  /** Problems of further kinds than can be told apart here. */
  readonly otherProblems: number
  readonly largest: ReadonlyArray<Large>
  /** Documents that are larger than OpenSearch takes them. */
  readonly tooLarge: number
}

const problemsMax = 500
const examplesMax = 3

interface ProblemGroup extends Omit<ProblemCount, "rows" | "examples" | "values"> {
  rows: number
  readonly examples: Array<string>
  readonly values: Array<string>
}

export class CheckTally {
  readonly documents = new DocumentTally()
  rows = 0
  refused = 0
  private readonly table: Table
  private readonly withValues: boolean
  private readonly kinds = new Map<Shape.RowShape, { -readonly [K in keyof KindCount]: KindCount[K] }>()
  private readonly leftOut = new Map<string, number>()
  private readonly patterns = new KeyPatterns(200)
  private readonly problems = new Map<string, ProblemGroup>()
  private otherProblems = 0

  constructor(table: Table, withValues: boolean) {
    this.table = table
    this.withValues = withValues
    for (const aggregate of table.aggregates) {
      for (const row of Shape.of(aggregate).rows) {
        this.kinds.set(row, { aggregate: aggregate.name, kind: Shape.nameOf(row), rows: 0 })
      }
    }
  }

  /** Rows that no aggregate claims. */
  get unclaimed(): number {
    return this.patterns.rows
  }

  /** Counts rows of a segment, in its order. `ends` tells whether the last one's partition goes on in the next rows. */
  add(segment: number, changes: ReadonlyArray<Change>, ends: "whole" | "cut"): void {
    for (const change of changes) this.addRow(segment, change)
    const last = changes.at(-1)
    const goesOn = last === undefined || ends === "whole" ? undefined : this.partitionOf(last)
    this.documents.end(segment, goesOn)
  }

  report(): Report {
    const { documents, leftOut, otherProblems, patterns, problems, refused, rows } = this
    return {
      rows,
      kinds: [...this.kinds.values()].map((kind) => ({ ...kind })),
      leftOut: Object.fromEntries(leftOut),
      documents: Object.fromEntries(this.table.aggregates.map(({ name }) => [name, documents.of(name)])),
      unclaimed: patterns.rows,
      unclaimedPatterns: patterns.counts(),
      refused,
      problems: [...problems]
        .toSorted(([one, a], [other, b]) => b.rows - a.rows || (one < other ? -1 : 1))
        .map(([, { values, ...problem }]) => (this.withValues ? { ...problem, values } : problem)),
      otherProblems,
      largest: documents.largest,
      tooLarge: documents.tooLarge
    }
  }

  private partitionOf = ({ keys }: Change): string => JSON.stringify(keys[this.table.partitionKey])

  private addRow(segment: number, change: Change): void {
    this.rows++
    const claimed = Claim.of(this.table, change)
    if (claimed.length === 0) {
      this.patterns.add(keyPattern(this.table, change.keys), () => keyText(this.table, change.keys))
    }
    let isRefused = false
    for (const claim of claimed) {
      if (claim._tag === "Claim") {
        if (!this.addClaim(segment, claim)) isRefused = true
      } else {
        isRefused = true
        this.addProblem(aggregateOf(claim), null, ofReason(claim.reason), change)
      }
    }
    if (isRefused) this.refused++
  }

  /** Tells whether the row is taken. */
  private addClaim(segment: number, claim: Claim.Claim): boolean {
    const { name } = claim.shape.aggregate
    const content = contentOf(claim)
    const document = (row: Shape.RowShape, json: string | undefined) =>
      this.documents.add(segment, this.partitionOf(claim.change), claim, {
        row,
        rowKey: claim.rowKey,
        bytes: json === undefined ? undefined : Buffer.byteLength(json)
      })
    if (Result.isFailure(content)) {
      const { problems, row } = rowProblems(claim, content.failure)
      for (const problem of problems) this.addProblem(name, Shape.nameOf(row), problem, claim.change)
      document(row, undefined)
      return false
    }
    if (content.success === undefined) return true
    const { json, row } = content.success
    document(row, json)
    if (json === undefined) this.leftOut.set(name, (this.leftOut.get(name) ?? 0) + 1)
    else this.kinds.get(row)!.rows++
    return true
  }

  private addProblem(
    aggregate: string | null,
    kind: string | null,
    { attribute, expected, field, got }: RowProblem,
    { image, keys }: Change
  ): void {
    const at = JSON.stringify([aggregate, kind, field, expected, got])
    let group = this.problems.get(at)
    if (group === undefined) {
      if (this.problems.size === problemsMax) {
        this.otherProblems++
        return
      }
      this.problems.set(at, (group = { aggregate, kind, field, expected, got, rows: 0, examples: [], values: [] }))
    }
    group.rows++
    if (group.examples.length === examplesMax) return
    group.examples.push(keyText(this.table, keys))
    if (this.withValues && attribute !== undefined) group.values.push(valueOf(image, attribute))
  }
}

const aggregateOf = (claimed: Exclude<Claim.Claimed, Claim.Claim>): string | null =>
  claimed._tag === "Reject" ? ((claimed satisfies Reject).aggregate ?? null) : null

const valueMax = 200

const valueOf = (image: Attributes | undefined, name: string): string => {
  const text = image !== undefined && Object.hasOwn(image, name) ? (JSON.stringify(image[name]) ?? "") : "-"
  return text.length > valueMax ? `${text.slice(0, valueMax)}…` : text
}
