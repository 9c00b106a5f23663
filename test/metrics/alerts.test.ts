/** The alerts for Prometheus: its own tool reads them, fires them on what they are for, and not on a good day. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import * as measures from "../../src/metrics/measures.ts"

const rules = resolve("docs/alerts.yml")
const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined
const run = (...args: ReadonlyArray<string>) => spawnSync("promtool", args, { encoding: "utf8" })

/** A test of promtool: series by the minute, and the alerts that fire at a time. */
const testOf = (
  name: string,
  series: { readonly [name: string]: string },
  at: string,
  fires: ReadonlyArray<string>
) => ({
  name,
  interval: "1m",
  input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
  promql_expr_test: [
    {
      expr: 'sum by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: at,
      exp_samples: fires.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 }))
    }
  ]
})

const bucket = (le: string) => `tablefold_delay_seconds_bucket{table="shop",le="${le}"}`
const count = (name: string) => `tablefold_${name}_total{table="shop"}`

const goodDay = {
  'up{job="tablefold",instance="a"}': "1x120",
  [bucket("0.5")]: "0+10x120",
  [bucket("+Inf")]: "0+10x120",
  [count("changes_unacknowledged")]: "0x120",
  [count("dead_lettered")]: "0x120",
  [count("changes_unclaimed")]: "0x120"
}

const tests = [
  testOf("a good day", goodDay, "1h50m", []),
  testOf("down", { ...goodDay, 'up{job="tablefold",instance="a"}': "1x10 0x20" }, "20m", ["TablefoldDown"]),
  testOf(
    "late",
    { ...goodDay, [bucket("0.5")]: "0x120", [bucket("900")]: "0x120", [bucket("3600")]: "0+10x120" },
    "30m",
    ["TablefoldLate"]
  ),
  testOf("waiting", { ...goodDay, [count("changes_unacknowledged")]: "0+5x120" }, "30m", ["TablefoldWaiting"]),
  testOf("over soon", { ...goodDay, [count("changes_unacknowledged")]: "0+5x3 15x117" }, "30m", []),
  testOf("refused", { ...goodDay, [count("dead_lettered")]: "0x20 1x100" }, "25m", ["TablefoldRefused"]),
  testOf("refused at once", { [count("dead_lettered")]: "1x100" }, "5m", ["TablefoldRefused"]),
  testOf("refused long ago", { ...goodDay, [count("dead_lettered")]: "0x20 1x100" }, "50m", []),
  testOf("unclaimed", { ...goodDay, [count("changes_unclaimed")]: "0+1x120" }, "1h50m", ["TablefoldUnclaimed"])
]

describe("docs/alerts.yml", () => {
  it("asks for metrics that there are", () => {
    const known = new Set(measures.all.flatMap(({ metric: { id } }) => [id, `${id}_bucket`]))
    const asked = [...readFileSync(rules, "utf8").matchAll(/tablefold_\w+/g)].map(([name]) => name)
    assert.isAbove(asked.length, 4)
    assert.deepStrictEqual(
      asked.filter((name) => !known.has(name)),
      []
    )
  })

  it.skipIf(!hasPromtool)("passes promtool", () => {
    const { status, stderr, stdout } = run("check", "rules", rules)
    assert.strictEqual(status, 0, stdout + stderr)
  })

  it.skipIf(!hasPromtool)("fires on what it is for", () => {
    const folder = mkdtempSync(join(tmpdir(), "tablefold-alerts-"))
    const file = join(folder, "tests.json")
    const groups = { rule_files: [rules], evaluation_interval: "1m", tests }
    writeFileSync(file, JSON.stringify(groups))
    const { status, stderr, stdout } = run("test", "rules", file)
    rmSync(folder, { recursive: true })
    assert.strictEqual(status, 0, stdout + stderr)
  })
})
