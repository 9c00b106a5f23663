/**
 * The SaaS table on real servers, through the commands as a user runs them: filled, followed, spoilt and mended,
 * explained, and led to a new index. After each step every document is what its rows say.
 */
import { assert, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as RealTable from "../cli/RealTable.ts"
import type { Ended } from "../cli/program.ts"
import { describeReal } from "../servers/servers.ts"
import { ask } from "../whole/opensearch.ts"
import { type Documents, documentsOf, type Row } from "./documents.ts"
import { first, itemOf, org, project, row, user } from "./rows.ts"

const module = (name: string) => join(import.meta.dirname, name)

describeReal("the table of a SaaS product", (servers) => {
  const name = `saas${randomInt(2 ** 31)}`
  const rows = new Map<string, Row>()
  let table: RealTable.RealTable
  beforeAll(async () => {
    table = await RealTable.make(name, servers, module("table.ts"), "NEW_AND_OLD_IMAGES")
  })
  afterAll(() => table.drop())

  const put = async (...all: ReadonlyArray<Row>) => {
    for (const one of all) rows.set(`${one.PK} ${one.SK}`, one)
    await table.put(...all.map(itemOf))
  }
  const remove = async (PK: string, SK: string) => {
    rows.delete(`${PK} ${SK}`)
    await table.remove(PK, SK)
  }
  const expected = (hasPinned = false) => documentsOf([...rows.values()], hasPinned)
  const found = async (): Promise<Documents> => {
    await ask(servers.openSearchNode, "POST", `/${name}-*/_refresh`)
    const hits = async (aggregate: string) => {
      const { text } = await ask(servers.openSearchNode, "GET", `/${name}-${aggregate}/_search?size=100`)
      const all: ReadonlyArray<any> = JSON.parse(text).hits?.hits ?? []
      return Object.fromEntries(all.map(({ _id, _source: { _sync, ...fields } }) => [_id, fields]))
    }
    const entries = Object.keys(expected()).map(async (aggregate) => [aggregate, await hits(aggregate)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
  const run = (command: string, ...args: ReadonlyArray<string>) => table.run(command, args)
  const done = ({ code, stderr, stdout }: Ended, expected: number, ...lines: ReadonlyArray<string>) => {
    assert.strictEqual(code, expected, stdout + stderr)
    for (const line of lines) assert.include(stdout + stderr, line)
  }

  it("is filled, followed, mended, explained and led to a new index", { timeout: 240_000 }, async () => {
    await put(...first)
    done(await run("backfill", name), 0)
    assert.deepStrictEqual(await found(), expected())

    // A card becomes an account, a member leaves and another comes back, an invoice is paid, a task hides and shows.
    await put(
      row(org, "PAYMENT#a", { entity: "bankAccount", iban: "FR00" }),
      row(org, "PAYMENT#b", { entity: "voucher", cents: 1 }),
      row(org, "MEMBER#ben", { role: "guest", email: "ben@example.com", deletedAt: "2026-03-01" }),
      row(org, "MEMBER#eve", { role: "admin", email: "eve@example.com" }),
      row(org, "INVOICE#2", { state: "paid" }),
      row(project, "TASK#1", { title: "write", deletedAt: "2026-03-01" }),
      row(project, "TASK#2", { title: "draft" }),
      row(project, "TASK#2#COMMENT#1#REACTION#ben", { emoji: "tada" }),
      row(project, "TASK#2#LABEL#red"),
      // Waits for its comment.
      row(project, "TASK#2#COMMENT#2#REACTION#ann", { emoji: "heart" }),
      row(user, "MEMBER#other", { role: "guest" })
    )
    await remove(org, "PAYMENT#DEFAULT")
    await remove(org, "INVOICE#1#LINE#2")
    await remove(user, "USER#ben")
    const isFollowed = async () => isDeepStrictEqual(await found(), expected())
    const tail = await table.run("tail", [name], { until: isFollowed })
    done(tail, 0)
    assert.deepStrictEqual(await found(), expected())

    // While nobody follows the stream.
    await put(row(project, "TASK#2#COMMENT#1", { body: "back" }), row(org, "PAYMENT#c", { entity: "card", last4: "1" }))
    await remove(project, "TASK#2#COMMENT#1#REACTION#ben")
    const verify = (...args: ReadonlyArray<string>) => run("verify", name, "--settle", "0", ...args)
    const [differing, why] = await Promise.all([verify(), run("explain", name, project, "TASK#2")])
    done(
      differing,
      2,
      "  wrong row  tasks  PROJECT#p1 / TASK#2#COMMENT#1: comments.body\n",
      "  wrong row  activities  PROJECT#p1 / TASK#2#COMMENT#1: comments.body\n",
      "  ghost row  tasks  PROJECT#p1 / TASK#2#COMMENT#1#REACTION#ben\n",
      "  missing row  organisations  ORG#acme / PAYMENT#c\n",
      "differ in 4 places"
    )
    done(why, 2, "tasks PROJECT#p1|TASK#2", "PROJECT#p1 / TASK#2#COMMENT#1#REACTION#ben: ghost row")
    done(await verify("--repair"), 2, "differ in 4 places, 4 of them repaired")
    assert.deepStrictEqual(await found(), expected())
    done(await verify(), 0)

    const inNext = { module: module("next.ts") }
    const next = await table.run("plan", [], inNext)
    done(next, 2, `${name}-projects: a new index is needed`, `${name}-tasks: nothing changes`)
    // Nobody follows the stream here.
    done(await table.run("rebuild", [name, "--wait", "0", "--settle", "0", "--yes"], inNext), 2, "-projects-000002 now")
    assert.notDeepEqual(expected(true), expected())
    assert.deepStrictEqual(await found(), expected(true))
  })
})
