/** The run: rates, delay and lag over time, and the state of all that it needs. */
import { useSignal } from "@preact/signals"
import type { Point } from "../../messages.ts"
import { count, duration } from "../model/format.ts"
import { store } from "../state/page.ts"
import { Plot, type Series } from "./Plot.tsx"
import { RunTables } from "./RunTables.tsx"

const rates: ReadonlyArray<Series> = [
  { label: "changes", colour: "hue-1", value: ({ received }) => received },
  { label: "written", colour: "good", value: ({ written }) => written },
  { label: "refused", colour: "bad", value: ({ refused }) => refused }
]
const delays: ReadonlyArray<Series> = [
  { label: "median", colour: "hue-1", value: ({ delay50 }) => delay50 },
  { label: "99th percentile", colour: "hue-4", value: ({ delay99 }) => delay99 }
]
const lags: ReadonlyArray<Series> = [{ label: "behind by", colour: "hue-2", value: ({ lag }) => lag }]

const spans = [
  [300, "5 minutes"],
  [3_600, "1 hour"]
] as const

export const RunView = () => {
  const span = useSignal<number>(300)
  const points = store.points.value.slice(-span.value)
  const hello = store.hello.value
  const last = points.findLast(({ delay50 }) => delay50 !== null)
  const lag = points.at(-1)?.lag
  const perSecond = mean(points.slice(-10), ({ received }) => received)
  return (
    <div class="run">
      <dl class="figures">
        {figuresOf(points).map(([name, value]) => (
          <div key={name} class="figure">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="run-head">
        <h2>Over time</h2>
        <span class="note">
          {hello?.tableTitle} → {hello?.searchTitle}
        </span>
        <div class="segments" role="group" aria-label="Time that is shown">
          {spans.map(([seconds, title]) => (
            <button key={seconds} aria-pressed={span.value === seconds} onClick={() => (span.value = seconds)}>
              {title}
            </button>
          ))}
        </div>
      </div>
      <div class="plots">
        <Plot
          title="Changes a second"
          points={points}
          series={rates}
          least={4}
          format={(value) => count(Math.round(value))}
          summary={`${perSecond.toFixed(1)} a second now`}
        />
        <Plot
          title="Delay"
          points={points}
          series={delays}
          least={100}
          format={duration}
          summary={last?.delay50 == null ? "nothing came" : `${duration(last.delay50)} in the middle`}
        />
        <Plot
          title="Lag"
          points={points}
          series={lags}
          least={100}
          format={duration}
          summary={lag == null ? "not known" : `behind by ${duration(lag)}`}
        />
      </div>
      <RunTables />
    </div>
  )
}

const figuresOf = (points: ReadonlyArray<Point>): ReadonlyArray<readonly [name: string, value: string]> => {
  const state = store.state.value
  const last = points.findLast(({ delay50 }) => delay50 !== null)
  const lag = points.at(-1)?.lag
  const rate = mean(points.slice(-10), ({ received }) => received)
  return [
    ["a second", rate >= 10 ? count(Math.round(rate)) : rate.toFixed(1)],
    ["delay", last?.delay50 == null ? "–" : duration(last.delay50)],
    ["behind by", lag == null ? "–" : duration(lag)],
    ["waiting", count(state?.waiting ?? 0)],
    ["received", count(state?.received ?? 0)],
    ["written", count(state?.written ?? 0)],
    ["refused", count(state?.refused ?? 0)],
    ["unclaimed", count(state?.unclaimed ?? 0)]
  ]
}

const mean = (points: ReadonlyArray<Point>, value: (point: Point) => number): number =>
  points.length === 0 ? 0 : points.reduce((sum, point) => sum + value(point), 0) / points.length
