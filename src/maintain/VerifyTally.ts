/** The counts and names of a verification, and the report that comes of them. */
import type { DocumentRef } from "../define/DocumentRef.ts"
import type * as Scan from "../source/scan/Scan.ts"
import type { TableDescription } from "../source/scan/ScanApi.ts"
import { addressOf, readable } from "./address.ts"
import { type Finding, isNoDrift, type Kind } from "./compare.ts"
import type { Inspected } from "./inspect.ts"
import type { Stored } from "./StoredDocuments.ts"

export interface Progress {
  readonly rows: number
  readonly rowsTotal: number
  readonly documents: number
  /** Aggregates that were looked at again. */
  readonly candidates: number
}

export interface Named extends Finding {
  readonly aggregate: string
  readonly id: string
  /** The row in readable form, or its partition where the document is meant. */
  readonly key: string
  /**
   * The result of a repair: nothing, as it was not asked for or there is nothing to write; or what became of its write.
   */
  readonly repair: "none" | "repaired" | "overtaken" | "unsettled" | "refused"
}

/** A generation as it was when its verification began. */
export interface Begun {
  readonly index: string
  readonly writeAlias: string
  /** The number of marks set on it by then: the verification clears these. */
  readonly marks: number
}

export interface Report extends Progress {
  /** The generations that were verified, by aggregate. */
  readonly generations: { readonly [aggregate: string]: Begun }
  /** The time at which it began, in epoch milliseconds: what was wrong before is found. */
  readonly startedAt: number
  readonly counts: { readonly [K in Kind]: number }
  /** Findings of any kind but refused rows and derived fields that can't be computed. */
  readonly drift: number
  /** Findings that were written right. */
  readonly repaired: number
  /** Of the refused, those that only OpenSearch did not take: the index lacks what it could have. */
  readonly unwritten: number
  /** Aggregates of which the index got newer rows from the stream with each look, and the table had newer ones yet. */
  readonly followed: number
  /** Aggregates that changed in the table between all looks and not in the index: nothing can be said of them. */
  readonly restless: number
  /** The first of those, as `orders ORDER#1`. */
  readonly restlessNamed: ReadonlyArray<string>
  readonly named: ReadonlyArray<Named>
}

const kinds: ReadonlyArray<Kind> = [
  "missing row",
  "wrong row",
  "ghost row",
  "ghost document",
  "stale field",
  "unreadable document",
  "refused",
  "not computed"
]

export class Tally {
  candidates = 0
  followed = 0
  table: TableDescription = {
    tableArn: "",
    partitionKey: { name: "", type: "S" },
    sortKey: undefined,
    epoch: 0,
    bytes: 0,
    rows: 0
  }
  private rows = 0
  private documents = 0
  private repaired = 0
  private unwritten = 0
  private readonly counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as { [K in Kind]: number }
  private readonly named: Array<Named> = []
  private restless = 0
  private readonly restlessNamed: Array<string> = []
  private readonly startedAt: number
  private readonly generations: Report["generations"]
  private readonly namedMax: number
  private readonly withValues: boolean

  constructor(
    startedAt: number,
    generations: Report["generations"],
    { namedMax, withValues }: { readonly namedMax: number; readonly withValues: boolean }
  ) {
    this.startedAt = startedAt
    this.generations = generations
    this.namedMax = namedMax
    this.withValues = withValues
  }

  begin(table: TableDescription): void {
    this.table = table
  }

  add(batch: Scan.Batch): void {
    this.rows += batch.changes.length
  }

  addPage(page: ReadonlyArray<Stored>): void {
    this.documents += page.length
  }

  conclude({ candidate }: Inspected, findings: ReadonlyArray<Finding>, what: Named["repair"]): void {
    const { id, shape } = candidate
    for (const finding of findings) {
      this.counts[finding.kind]++
      const done = isNoDrift(finding.kind) && what !== "refused" ? "none" : what
      if (done === "repaired") this.repaired++
      const differs = finding.have !== undefined || finding.want !== undefined
      if (done === "refused" || (finding.kind === "refused" && differs)) this.unwritten++
      if (this.named.length >= this.namedMax) continue
      const key = readable(this.table, addressOf(candidate), finding.rowKey)
      const values = this.withValues ? {} : { have: undefined, want: undefined }
      this.named.push({ ...finding, ...values, aggregate: shape.aggregate.name, id, key, repair: done })
    }
  }

  leaveOpen(candidate: DocumentRef): void {
    this.restless++
    if (this.restlessNamed.length >= this.namedMax) return
    this.restlessNamed.push(
      `${candidate.shape.aggregate.name} ${readable(this.table, addressOf(candidate), undefined)}`
    )
  }

  progress(): Progress {
    const { candidates, documents, rows, table } = this
    return { rows, rowsTotal: table.rows, documents, candidates }
  }

  report(): Report {
    const { counts, followed, generations, named, repaired, restless, restlessNamed, startedAt, unwritten } = this
    const drift = kinds.reduce((sum, kind) => (isNoDrift(kind) ? sum : sum + counts[kind]), 0)
    const found = { counts, drift, repaired, unwritten, followed, restless, restlessNamed, named }
    return { ...this.progress(), startedAt, generations, ...found }
  }
}
