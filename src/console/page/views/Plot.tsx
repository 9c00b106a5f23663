/** A plot of the last minutes or hour. */
import { useEffect, useRef } from "preact/hooks"
import uPlot from "uplot"
import type { Point } from "../../messages.ts"
import { themeRevision } from "../state/theme.ts"

export interface Series {
  readonly label: string
  readonly colour: string
  readonly value: (point: Point) => number | null
}

interface Props {
  readonly title: string
  readonly points: ReadonlyArray<Point>
  readonly series: ReadonlyArray<Series>
  /** The value to which the axis goes at least. */
  readonly least: number
  /** Writes a value as the axis has it. */
  readonly format: (value: number) => string
  /** Says in words what the plot shows now. */
  readonly summary: string
}

const height = 150

/** A colour of the page as the canvas needs it. */
const resolved = (element: Element, name: string): string => {
  const probe = document.createElement("i")
  probe.style.color = `var(--${name})`
  element.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

const dataOf = (points: ReadonlyArray<Point>, series: ReadonlyArray<Series>): uPlot.AlignedData => [
  points.map(({ at }) => at / 1_000),
  ...series.map(({ value }) => points.map(value))
]

const optionsOf = (box: HTMLElement, { format, least, series }: Props): uPlot.Options => {
  const [ink, line] = [resolved(box, "ink-2"), resolved(box, "line")]
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: `11px ${fontOf(box)}` }
  return {
    width: box.clientWidth,
    height,
    padding: [8, 24, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    legend: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(least, max * 1.1)] } },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map(timeOf) },
      { ...axis, size: 54, space: 34, values: (_, ticks) => ticks.map(format) }
    ],
    series: [
      {},
      ...series.map(({ colour, label }) => ({
        label,
        stroke: resolved(box, colour),
        width: 1.75,
        points: { show: true, size: 5, fill: resolved(box, colour), filter: isolated },
        spanGaps: false
      }))
    ]
  }
}

/** The points with nothing on either side, which no line goes through. */
const isolated: uPlot.Series.Points.Filter = (plot, index) => {
  const values = plot.data[index] ?? []
  const found: Array<number> = []
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i)
  }
  return found
}

const fontOf = (box: HTMLElement): string => getComputedStyle(box).fontFamily
const timeOf = (seconds: number): string => {
  const date = new Date(seconds * 1_000)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":")
}

export const Plot = (props: Props) => {
  const { points, series, summary, title } = props
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const made = new uPlot(optionsOf(element, props), dataOf(points, series), element)
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
    // Made anew for other colours alone.
  }, [themeRevision.value])
  useEffect(() => plot.current?.setData(dataOf(points, series)), [points])
  return (
    <figure class="card plot" aria-label={`${title}: ${summary}`}>
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {series.map(({ colour, label }) => (
            <li key={label}>
              <i class="dash" style={{ background: `var(--${colour})` }} />
              {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} class="plot-box" style={{ height: `${height}px` }} aria-hidden="true" />
    </figure>
  )
}
