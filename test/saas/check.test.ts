/** What `tablefold check` reports of the SaaS table, of whose rows some are as earlier releases of the product wrote them. */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as RealTable from "../cli/RealTable.ts"
import { describeReal } from "../servers/servers.ts"
import { first, itemOf, project, row } from "./rows.ts"

const [old, lost] = ["ORG#old", "PROJECT#lost"]

/** Missing fields, other types, keys of another template, parts whose organisation, project or task is gone. */
const legacy = [
  row(old, "ORG", { title: "Old" }),
  row(old, "MEMBER#1", { role: 7, mail: "secret-1" }),
  row(old, "MEMBER#2", { role: 8, email: "secret-2" }),
  row(old, "MEMBER#3", { email: "secret-3" }),
  row(old, "INVOICE#1", { state: 1 }),
  row(old, "INVOICE#1#LINE#1", { label: "seats", cents: "secret-4" }),
  row(old, "INVOICE#1#LINE#2", { label: 9, cents: 1.5 }),
  row("TENANT#1", "details", { name: "secret-5" }),
  row("TENANT#2", "details", { name: "secret-6" }),
  row("USER#dot", "PROFILE", { name: "secret-7" }),
  row(lost, "TASK#1", { title: "no project" }),
  row(lost, "NOTE#1", { text: "no project" }),
  row(lost, "TASK#2#COMMENT#1", { body: "no task" }),
  row(project, "TASK#1#COMMENT#9#REACTION#eve", { emoji: "no comment" })
]

describeReal("a check of the SaaS table with legacy rows", (servers) => {
  const name = `saascheck${randomInt(2 ** 31)}`
  let table: RealTable.RealTable
  beforeAll(async () => {
    table = await RealTable.make(name, servers, join(import.meta.dirname, "table.ts"), "NEW_IMAGE")
    await table.put(...[...first, ...legacy].map(itemOf))
  })
  afterAll(() => table.drop())

  const run = async (...args: ReadonlyArray<string>) => {
    const { code, stderr, stdout } = await table.run("check", [name, ...args], {
      env: { OPENSEARCH_NODE: "http://localhost:1" }
    })
    assert.strictEqual(code, 2, stderr)
    return stdout
  }

  const kinds = {
    organisations: { root: 1, members: 2, openInvoices: 1, cards: 1, bankAccounts: 1, defaultPayment: 1 },
    members: { root: 4 },
    invoices: { root: 2, lines: 3 },
    tasks: { root: 2, comments: 4, "comments.reactions": 2 },
    activities: { comments: 4 },
    users: { root: 1, memberships: 1 },
    projects: { root: 1, tasks: 2, comments: 4, notes: 3 }
  }
  const patterns = [
    [2, "TENANT#{…} / {…}"],
    [1, "ORG#{…} / INVOICE#{…}#REMINDER#{…}"],
    [1, "PROJECT#{…} / TASK#{…}#WATCHER#{…}"],
    [1, "USER#{…} / PROFILE"],
    [1, "USER#{…} / USER#{…}"]
  ] as const
  const problems = [
    [2, "organisations members", "role: Expected string, got N", "ORG#old / MEMBER#1, ORG#old / MEMBER#2"],
    [1, "invoices lines", "cents: Expected an integer, got N", "ORG#old / INVOICE#1#LINE#2"],
    [1, "invoices lines", "cents: Expected number, got S", "ORG#old / INVOICE#1#LINE#1"],
    [1, "invoices lines", "label: Expected string, got N", "ORG#old / INVOICE#1#LINE#2"],
    [1, "invoices root", "state: Expected string, got N", "ORG#old / INVOICE#1"],
    [1, "members root", "email: Missing key", "ORG#old / MEMBER#1"],
    [1, "organisations members", "role: Missing key", "ORG#old / MEMBER#3"],
    [1, "organisations root", "name: Missing key", "ORG#old / ORG"]
  ] as const

  it("has rows by kind, unclaimed ones by pattern, all problems of refused ones, and what waits", async () => {
    const text = await run()
    const [head, tail] = [text.indexOf("unclaimed:"), text.indexOf("largest documents:")]
    assert.strictEqual(
      text.slice(text.indexOf("\n") + 1, head),
      [
        "organisations: 1 document of root 1, members 2, openInvoices 1, cards 1, bankAccounts 1, defaultPayment 1",
        "  4 rows left out by `where` or `type`",
        "members: 4 documents of root 4",
        "  1 row left out by `where` or `type`",
        "invoices: 2 documents of root 2, lines 3",
        "tasks: 2 documents of root 2, comments 4, comments.reactions 2",
        "  1 row left out by `where` or `type`",
        "  1 row of 1 document without a root, as PROJECT#lost|TASK#2",
        "  1 row inside rows that are not there, as PROJECT#p1|TASK#1 / TASK#1#COMMENT#9#REACTION#eve",
        "activities: 2 documents of comments 4",
        "users: 1 document of root 1, memberships 1",
        "projects: 1 document of root 1, tasks 2, comments 4, notes 3",
        "  1 row left out by `where` or `type`",
        "  3 rows of 1 document without a root, as lost",
        ""
      ].join("\n")
    )
    const lines = text
      .slice(head, tail)
      .replaceAll(/(?<=\}|PROFILE|REMINDER#\{…\})  as .*/g, "")
      .split("\n")
    assert.deepStrictEqual(lines, [
      "unclaimed: 6 rows whose keys no template takes",
      ...patterns.map((pattern) => `  ${pattern.join("  ")}`),
      "refused: 7 rows",
      ...problems.map(([rows, whose, what, examples]) => `  ${rows}  ${whose}  ${what}  as ${examples}`),
      ""
    ])
    assert.notInclude(text, "secret")
  })

  it("holds the same as JSON, with the values where they are asked for", async () => {
    const found = JSON.parse(await run("--json"))
    assert.notInclude(JSON.stringify(found), "secret")
    const byKind = Map.groupBy(found.kinds, ({ aggregate }: any) => aggregate)
    const counted = [...byKind].map(([name, all]) => [
      name,
      Object.fromEntries(all.map((one: any) => [one.kind, one.rows]))
    ])
    assert.deepStrictEqual(Object.fromEntries(counted), kinds)
    assert.deepStrictEqual(
      found.unclaimedPatterns.map(({ pattern, rows }: any) => [rows, pattern]),
      patterns
    )
    const told = found.problems.map(({ aggregate, examples, expected, field, got, kind, rows }: any) => [
      rows,
      `${aggregate} ${kind}`,
      `${field}: ${expected}${got === undefined ? "" : `, got ${got}`}`,
      examples.toSorted().join(", ")
    ])
    assert.deepStrictEqual(told, problems)
    assert.deepInclude(found, { rows: 41, unclaimed: 6, refused: 7, otherProblems: 0, tooLarge: 0 })
    assert.deepStrictEqual(found.leftOut, { organisations: 4, members: 1, tasks: 1, projects: 1 })
    assert.deepInclude(found.documents.tasks, {
      documents: 2,
      waitingDocuments: 1,
      waitingRows: 1,
      waitingExample: "PROJECT#lost|TASK#2",
      waitingInnerRows: 1,
      waitingInnerExample: "PROJECT#p1|TASK#1 / TASK#1#COMMENT#9#REACTION#eve"
    })
    assert.deepInclude(found.documents.projects, { documents: 1, waitingDocuments: 1, waitingRows: 3 })

    const { problems: withValues } = JSON.parse(await run("--json", "--values"))
    assert.deepStrictEqual(withValues[2].values, ['{"S":"secret-4"}'])
    assert.deepStrictEqual(withValues[0].values.toSorted(), ['{"N":"7"}', '{"N":"8"}'])
  })
})
