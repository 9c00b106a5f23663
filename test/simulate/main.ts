/** Runs many seeds and says what they met, or replays one with everything that happened. */
import { readFlags } from "../flags.ts"
import { type Run, simulate } from "./simulate.ts"

const usage = `npm run simulate -- [options]: workers, streams and an OpenSearch that fail as a seed says

  --seeds N  how many (100)
  --from N   the first of them (1)
  --seed N   this one alone, with everything that happened`

const values = readFlags(usage, {
  seeds: { type: "string", default: "100" },
  from: { type: "string", default: "1" },
  seed: { type: "string" }
})

const sum = { runs: 0, failed: 0, wrongDocuments: 0, unaccounted: 0, counts: new Map<string, number>() }

const add = (run: Run): void => {
  sum.runs++
  sum.wrongDocuments += run.wrongDocuments
  sum.unaccounted += run.unaccounted
  for (const [what, times] of run.counts) sum.counts.set(what, (sum.counts.get(what) ?? 0) + times)
  if (run.problems.length === 0) return
  sum.failed++
  console.log(`\nseed ${run.seed} fails; replay it with: npm run simulate -- --seed ${run.seed}`)
  for (const problem of run.problems.slice(0, 5)) console.log(`  ${problem}`)
  if (run.problems.length > 5) console.log(`  and ${run.problems.length - 5} more`)
}

const report = (seconds: number): void => {
  const counts = [...sum.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const width = Math.max(...counts.map(([what]) => what.length))
  for (const [what, times] of counts) console.log(`${what.padEnd(width)}  ${times}`)
  console.log(
    `\n${sum.runs} seeds in ${seconds.toFixed(1)} s (${(sum.runs / seconds).toFixed(1)} seeds/s), ` +
      `${sum.failed} failed\nwrong documents: ${sum.wrongDocuments}\nrows unaccounted for: ${sum.unaccounted}`
  )
}

const began = performance.now()
const elapsed = (): number => (performance.now() - began) / 1000

if (values.seed !== undefined) {
  const run = await simulate(Number(values.seed))
  console.log(run.lines.join("\n"))
  add(run)
} else {
  const from = Number(values.from)
  const seeds = Number(values.seeds)
  const step = Math.max(1, Math.round(seeds / 20))
  for (let seed = from; seed < from + seeds; seed++) {
    add(await simulate(seed))
    const done = seed - from + 1
    if (done % step === 0) {
      console.log(`${done} of ${seeds} seeds, ${(done / elapsed()).toFixed(1)} seeds/s, ${sum.failed} failed`)
    }
  }
}
report(elapsed())
if (sum.failed > 0) process.exitCode = 1
