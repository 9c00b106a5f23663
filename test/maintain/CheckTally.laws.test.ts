/** The counts of a check equal a naive count that holds all rows at once, however a scan cuts them into batches. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decode } from "../../src/decode/decode.ts"
import { keyText } from "../../src/decode/rowKey.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Shape from "../../src/define/Shape.ts"
import * as Table from "../../src/define/Table.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import { CheckTally, type ProblemCount } from "../../src/maintain/CheckTally.ts"
import { DocumentTally } from "../../src/maintain/DocumentTally.ts"
import type { Attributes, Change } from "../../src/source/Change.ts"

const Customer = Aggregate.make("customers", {
  key: "CUSTOMER#{c}",
  root: Aggregate.root("PROFILE", { name: Schema.String, age: Schema.optionalKey(Schema.Int) }),
  parts: { notes: Aggregate.many("NOTE#{n}", { text: Schema.String, tags: Schema.Array(Schema.String) }) }
})
const Basket = Aggregate.make("baskets", {
  key: ["CUSTOMER#{c}", "BASKET#{b}"],
  root: Aggregate.root({ currency: Schema.String }, { where: Schema.Struct({ state: Schema.Literal("open") }) }),
  parts: { lines: Aggregate.many("#LINE#{n}", { quantity: Schema.Int }) }
})
const Log = Aggregate.make("logs", {
  key: "CUSTOMER#{c}",
  parts: {
    visits: Aggregate.many(
      "VISIT#{n}",
      {},
      { parts: { pages: Aggregate.many("#PAGE#{p}", {}, { parts: { clicks: Aggregate.many("#CLICK#{k}", {}) } }) } }
    )
  }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Customer, Basket, Log] })

const digit = Schema.Literals(["1", "2", "3"])
const Row = Schema.Struct({
  c: digit,
  SK: Schema.Union([
    Schema.Literals(["PROFILE", "PROFLE", "LEGACY#1", "BASKET#1", "BASKET#2", "BASKET#2#LINE#1", "VISIT#1"]),
    Schema.TemplateLiteral(["NOTE#", digit]),
    Schema.TemplateLiteral(["VISIT#", digit, "#PAGE#1"]),
    Schema.TemplateLiteral(["VISIT#", digit, "#PAGE#1#CLICK#", digit]),
    Schema.TemplateLiteral(["BASKET#1#LINE#", digit])
  ]),
  name: Schema.Literals(["text", "number", "none"]),
  count: Schema.Literals(["1", "1.5"]),
  state: Schema.Literals(["open", "closed"])
})

const imageOf = ({ SK, c, count, name, state }: typeof Row.Type): Attributes => ({
  PK: { S: `CUSTOMER#${c}` },
  SK: { S: SK },
  ...(name === "none" ? {} : { name: name === "text" ? { S: "Ann" } : { N: "5" }, text: { S: "a" } }),
  age: { N: count },
  quantity: { N: count },
  tags: { L: [{ S: "a" }, ...(count === "1" ? [] : [{ N: "1" }])] },
  currency: { S: "EUR" },
  state: { S: state }
})

const changeOf = (image: Attributes): Change => ({
  keys: { PK: image["PK"]!, SK: image["SK"]! },
  image,
  origin: { _tag: "Scan", tableArn: "arn", epoch: 1, requestedAt: 2 }
})

const keyOf = ({ keys }: Change) => JSON.stringify(keys)

/** Everything at once, from what the pipeline itself makes of the rows. */
const naive = (changes: ReadonlyArray<Change>) => {
  const decoded = changes.map((change) => decode(table, change))
  const events = decoded.flat().flatMap((one) => (one._tag === "Event" ? [one.event] : []))
  const documents = Patch.fromEvents(events).map((patch) => Document.apply(Document.empty(patch), patch))
  const of = (aggregate: Aggregate.Any) => documents.filter(({ shape }) => shape.aggregate === aggregate)
  const all = new Set(changes.map(({ keys }) => keyText(table, keys)))
  const rootOf = ({ id, shape }: Document.Document) =>
    shape.aggregate === Customer ? `CUSTOMER#${id} / PROFILE` : id.replace("|", " / ")
  const accepted = ({ rows }: Document.Document) => rows.filter(({ json }) => json !== undefined).length
  const waiting = documents.filter((one) => one.shape.root !== undefined && accepted(one) > 0 && !all.has(rootOf(one)))
  return {
    rows: changes.length,
    unclaimed: decoded.filter(({ length }) => length === 0).length,
    refused: decoded.filter((all) => all.some(({ _tag }) => _tag === "Reject")).length,
    kinds: table.aggregates.flatMap((aggregate) =>
      Shape.of(aggregate).rows.map((row) => ({
        aggregate: aggregate.name,
        kind: Shape.nameOf(row),
        rows: events.filter((event) => event.row === row && event.json !== undefined).length
      }))
    ),
    leftOut: events.filter(({ json }) => json === undefined).length,
    documents: Object.fromEntries(table.aggregates.map((one) => [one.name, of(one).filter(Document.isLive).length])),
    waitingDocuments: waiting.length,
    waitingRows: sum(waiting.map(accepted)),
    waitingInnerRows: [...all].filter((key) => {
      const [visit, page] = [/^.*VISIT#\d(?=#PAGE)/.exec(key)?.[0], /^.*PAGE#1(?=#CLICK)/.exec(key)?.[0]]
      return [visit, page].some((outer) => outer !== undefined && !all.has(outer))
    }).length
  }
}

/** Rows of a table, each once, in the order of a scan, and where they are cut. */
const scanned = (rows: ReadonlyArray<typeof Row.Type>): ReadonlyArray<Change> =>
  [...new Map(rows.map((row) => changeOf(imageOf(row))).map((change) => [keyOf(change), change])).values()].sort(
    (a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)
  )

const partition = ({ keys }: Change) => JSON.stringify(keys["PK"])

/** Adds changes in batches of these sizes, each of which says truly how it ends. */
const tallyOf = (changes: ReadonlyArray<Change>, sizes: ReadonlyArray<number>) => {
  const tally = new CheckTally(table, true)
  let at = 0
  for (const size of [...sizes, changes.length]) {
    const batch = changes.slice(at, at + size)
    at += batch.length
    const [last, next] = [batch.at(-1), changes[at]]
    if (last === undefined) break
    tally.add(0, batch, next !== undefined && partition(last) === partition(next) ? "cut" : "whole")
  }
  return tally.report()
}

const sum = (counts: Iterable<number>) => [...counts].reduce((a, b) => a + b, 0)

describe("a check", () => {
  it.prop(
    "counts as one does that has all rows at once, wherever they are cut",
    [Schema.Array(Row), Schema.Array(Schema.Literals([1, 2, 3, 4]))],
    ([rows, sizes]) => {
      const changes = scanned(rows)
      const report = tallyOf(changes, sizes)
      const counts = Object.entries(report.documents)
      assert.deepStrictEqual(
        {
          rows: report.rows,
          unclaimed: report.unclaimed,
          refused: report.refused,
          kinds: report.kinds,
          leftOut: sum(Object.values(report.leftOut)),
          documents: Object.fromEntries(counts.map(([name, { documents }]) => [name, documents])),
          waitingDocuments: sum(counts.map(([, { waitingDocuments }]) => waitingDocuments)),
          waitingRows: sum(counts.map(([, { waitingRows }]) => waitingRows)),
          waitingInnerRows: sum(counts.map(([, { waitingInnerRows }]) => waitingInnerRows))
        },
        naive(changes)
      )
      assert.strictEqual(sum(report.unclaimedPatterns.map(({ rows }) => rows)), report.unclaimed)
      assert.deepStrictEqual(tallyOf(changes, []), report, "as in one piece")
    },
    { timeout: 60_000 }
  )

  it("tells all problems of a row, what came, and keys; values where they are asked for", () => {
    const rows = [
      changeOf({
        PK: { S: "CUSTOMER#1" },
        SK: { S: "NOTE#1" },
        text: { N: "5" },
        tags: { L: [{ N: "1" }, { N: "2" }] }
      }),
      changeOf({ PK: { S: "CUSTOMER#1" }, SK: { S: "NOTE#2" }, tags: { S: "secret" } }),
      changeOf({
        PK: { S: "CUSTOMER#1" },
        SK: { S: "PROFILE" },
        name: { X: "?" } as never,
        age: { N: "9007199254740993" }
      })
    ]
    const problems = (withValues: boolean) => {
      const tally = new CheckTally(table, withValues)
      tally.add(0, rows, "whole")
      return tally.report().problems
    }
    const lines = (found: ReadonlyArray<ProblemCount>) =>
      found.map(({ aggregate, examples, expected, field, got, kind, rows }) =>
        [rows, aggregate, kind, field, expected, got, examples.join(", ")].join(" | ")
      )
    assert.deepStrictEqual(lines(problems(false)), [
      "1 | customers | notes | tags | Expected array | S | CUSTOMER#1 / NOTE#2",
      "1 | customers | notes | tags[] | Expected string | N | CUSTOMER#1 / NOTE#1",
      "1 | customers | notes | text | Expected string | N | CUSTOMER#1 / NOTE#1",
      "1 | customers | notes | text | Missing key |  | CUSTOMER#1 / NOTE#2",
      "1 | customers | root | age | holds a number with more digits than a double can; declare it Schema.BigInt or BigDecimal |  | CUSTOMER#1 / PROFILE",
      "1 | customers | root | name | has an attribute type that DynamoDB does not have |  | CUSTOMER#1 / PROFILE"
    ])
    assert.notInclude(JSON.stringify(problems(false)), "secret")
    assert.include(JSON.stringify(problems(true)), "secret")
  })

  it("tells the problems of the alternative that a row is meant for", () => {
    const Card = Schema.Struct({ kind: Schema.Literal("card"), last4: Schema.String, year: Schema.Int })
    const Transfer = Schema.Struct({ kind: Schema.Literal("transfer"), iban: Schema.String })
    const Payment = Aggregate.make("payments", {
      key: "PAYMENT#{id}",
      root: Aggregate.root("A", Schema.Union([Card, Transfer]))
    })
    const tally = new CheckTally(Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Payment] }), false)
    const row = (kind: string) => changeOf({ PK: { S: "PAYMENT#1" }, SK: { S: "A" }, kind: { S: kind } })
    tally.add(0, [row("card"), row("cash")], "whole")
    assert.deepStrictEqual(
      tally.report().problems.map(({ expected, field, got }) => [field, expected, got]),
      [
        ["kind", 'Expected "card" or "transfer"', "S"],
        ["last4", "Missing key", undefined],
        ["year", "Missing key", undefined]
      ]
    )
  })

  it("names the patterns of unclaimed keys, the most frequent first", () => {
    const tally = new CheckTally(table, false)
    const row = (PK: string, SK: string) => changeOf({ PK: { S: PK }, SK: { S: SK } })
    tally.add(0, [row("CUSTOMER#1", "PROFLE"), row("ORG#acme", "A#1"), row("CUSTOMER#2", "PROFLE")], "whole")
    assert.deepStrictEqual(tally.report().unclaimedPatterns, [
      { pattern: "CUSTOMER#{…} / PROFLE", rows: 2, example: "CUSTOMER#1 / PROFLE" },
      { pattern: "ORG#{…} / A#{…}", rows: 1, example: "ORG#acme / A#1" }
    ])
  })

  it("has the largest documents, and those beyond a limit", () => {
    const tally = new DocumentTally()
    const shape = Shape.of(Customer)
    const row = shape.rows[1]!
    const add = (id: string, rows: number) => {
      for (let n = 0; n < rows; n++)
        tally.add(0, "p", { id, longKey: undefined, shape }, { row, rowKey: `NOTE#${n}`, bytes: 10 })
    }
    for (const n of [1, 10_001, 3, 5000, 2, 4, 6]) add(String(n), n)
    tally.end(0, undefined)
    assert.deepStrictEqual(
      tally.largest.map(({ nestedObjects }) => nestedObjects),
      [10_001, 5000, 6, 4, 3]
    )
    assert.strictEqual(tally.tooLarge, 1)
    assert.deepStrictEqual(tally.of("customers"), {
      documents: 0,
      waitingDocuments: 7,
      waitingRows: 15_017,
      waitingExample: "1",
      waitingInnerRows: 0,
      waitingInnerExample: undefined
    })
  })

  it("holds so many documents of a partition at most, and none that had its last row", () => {
    const tally = new DocumentTally(3)
    const shape = Shape.of(Basket)
    for (let n = 0; n < 10; n++) {
      const ref = { id: String(n), longKey: undefined, shape }
      tally.add(0, "p", ref, { row: shape.rows[0]!, rowKey: `BASKET#${n}`, bytes: 1 })
      tally.add(0, "p", ref, { row: shape.rows[1]!, rowKey: `BASKET#${n}#LINE#1`, bytes: 1 })
    }
    assert.strictEqual(tally.total, 7)
    tally.end(0, "p")
    assert.strictEqual(tally.total, 7)
    tally.end(0, "q")
    assert.strictEqual(tally.of("baskets").documents, 10)
  })
})
