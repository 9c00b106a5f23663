/**
 * Charts as SVG text: bars, and lines over a scale that is logarithmic or even. Each stands on a card of its own, light
 * or dark as the reader's system is, so that it can be read on any page.
 */

export interface Bar {
  readonly label: string
  readonly value: number
  /** The least and the greatest, as a thin line. */
  readonly range?: readonly [min: number, max: number] | undefined
}

export interface Bars {
  readonly title: string
  readonly note: string
  readonly groups: ReadonlyArray<{ readonly label: string; readonly bars: ReadonlyArray<Bar> }>
  /** Where a dashed line stands. */
  readonly mark?: number | undefined
  readonly show: (value: number) => string
}

export interface StackedBars {
  readonly title: string
  readonly note: string
  readonly parts: ReadonlyArray<string>
  readonly groups: ReadonlyArray<{
    readonly label: string
    readonly bars: ReadonlyArray<{ readonly label: string; readonly values: ReadonlyArray<number> }>
  }>
  readonly show: (value: number) => string
}

export interface Lines {
  readonly title: string
  readonly note: string
  readonly x: { readonly label: string; readonly show: (value: number) => string }
  readonly y: { readonly label: string; readonly show: (value: number) => string; readonly isLog?: boolean }
  readonly lines: ReadonlyArray<{
    readonly label: string
    readonly points: ReadonlyArray<readonly [x: number, y: number]>
  }>
}

const width = 760
const margin = 24
const labelWidth = 210
const rowHeight = 22

export const bars = ({ groups, mark, note, show, title }: Bars): string => {
  const all = groups.flatMap(({ bars }) => bars)
  const left = margin + labelWidth
  const scale = scaleOf(0, Math.max(mark ?? 0, ...all.map(({ range, value }) => range?.[1] ?? value)), left, width - 90)
  const names = [...new Set(all.map(({ label }) => label))]
  let y = 84
  const drawn: Array<string> = []
  for (const group of groups) {
    drawn.push(text(margin, y, group.label, "strong"))
    y += 8
    for (const { label, range, value } of group.bars) {
      const end = scale(value)
      const color = `fill${names.indexOf(label) % colors}`
      drawn.push(text(left - 10, y + 15, label, "end"))
      drawn.push(`<rect class="${color}" x="${left}" y="${y + 3}" width="${r(end - left)}" height="15" rx="2"/>`)
      if (range !== undefined) drawn.push(line(scale(range[0]), y + 10.5, scale(range[1]), y + 10.5, "range"))
      drawn.push(text(Math.max(end, scale(range?.[1] ?? 0)) + 6, y + 15, show(value)))
      y += rowHeight
    }
    y += 24
  }
  if (mark !== undefined) drawn.unshift(line(scale(mark), 68, scale(mark), y - 24, "mark"))
  return card(title, note, y - 4, drawn)
}

export const stackedBars = ({ groups, note, parts, show, title }: StackedBars): string => {
  const left = margin + labelWidth
  const all = groups.flatMap(({ bars }) => bars)
  const most = Math.max(...all.map(({ values }) => values.reduce((sum, value) => sum + value, 0)))
  const scale = scaleOf(0, most, 0, width - margin - left)
  const { drawn, height } = legend(parts, 68)
  let y = 68 + height + 10
  for (const group of groups) {
    drawn.push(text(margin, y, group.label, "strong"))
    y += 8
    for (const { label, values } of group.bars) {
      drawn.push(text(left - 10, y + 15, label, "end"))
      let x = left
      for (const [i, value] of values.entries()) {
        const length = scale(value)
        drawn.push(`<rect class="fill${i % colors}" x="${r(x)}" y="${y + 2}" width="${r(length)}" height="18"/>`)
        if (length > show(value).length * 8 + 4) drawn.push(text(x + length / 2, y + 15, show(value), "inside"))
        x += length
      }
      y += rowHeight
    }
    y += 24
  }
  return card(title, note, y - 4, drawn)
}

export const lines = ({ lines: all, note, title, x, y }: Lines): string => {
  const points = all.flatMap(({ points }) => points)
  const [left, right, bottom] = [margin + 60, width - margin - 20, 360]
  const { drawn, height } = legend(
    all.map(({ label }) => label),
    68
  )
  const top = 68 + height + 18
  const xs = [...new Set(points.map(([x]) => x))].toSorted((a, b) => a - b)
  const toX = scaleOf(Math.log(xs[0]!), Math.log(xs.at(-1)!), left, right)
  const ys = points.map(([, y]) => y)
  const ticks = y.isLog === true ? decades(Math.min(...ys), Math.max(...ys)) : evenTicks(Math.max(...ys))
  const of = y.isLog === true ? Math.log : (value: number) => value
  const toY = scaleOf(of(ticks[0]!), of(ticks.at(-1)!), bottom, top)
  for (const tick of ticks) {
    drawn.push(line(left, toY(of(tick)), right, toY(of(tick)), "grid"))
    drawn.push(text(left - 8, toY(of(tick)) + 4, y.show(tick), "end"))
  }
  for (const at of xs) drawn.push(text(toX(Math.log(at)), bottom + 20, x.show(at), "middle"))
  drawn.push(text((left + right) / 2, bottom + 42, x.label, "middle soft"))
  drawn.push(text(margin, top - 12, y.label, "soft"))
  for (const [i, { points }] of all.entries()) {
    const path = points.map(([px, py]) => `${r(toX(Math.log(px)))},${r(toY(of(py)))}`)
    drawn.push(`<polyline class="line${i % colors}" points="${path.join(" ")}"/>`)
    for (const at of path) drawn.push(`<circle class="fill${i % colors}" cx="${at.replace(",", `" cy="`)}" r="3.5"/>`)
  }
  return card(title, note, bottom + 58, drawn)
}

const legend = (labels: ReadonlyArray<string>, top: number) => {
  const drawn: Array<string> = []
  let [x, y] = [margin, top]
  for (const [i, label] of labels.entries()) {
    const needed = 30 + label.length * 7.2
    if (x + needed > width - margin) [x, y] = [margin, y + 20]
    drawn.push(`<rect class="fill${i % colors}" x="${r(x)}" y="${y}" width="12" height="12" rx="2"/>`)
    drawn.push(text(x + 18, y + 11, label))
    x += needed
  }
  return { drawn, height: y - top + 28 }
}

/** From the values `a` to `b` evenly onto the places `from` to `to`. */
const scaleOf = (a: number, b: number, from: number, to: number) => (value: number) =>
  b === a ? (from + to) / 2 : from + ((value - a) / (b - a)) * (to - from)

/** From zero, by 1, 2 or 5 times a power of ten, in about five steps. */
export const evenTicks = (max: number): ReadonlyArray<number> => {
  const rough = max / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough * 0.999)!
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, i) => i * step)
}

/** Powers of ten that hold all between them. */
export const decades = (min: number, max: number): ReadonlyArray<number> => {
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))]
  return Array.from({ length: Math.max(2, to - from + 1) }, (_, i) => 10 ** (from + i))
}

const r = (value: number): number => Math.round(value * 10) / 10

const escape = (words: string): string => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const text = (x: number, y: number, words: string, kind = ""): string =>
  `<text x="${r(x)}" y="${r(y)}"${kind === "" ? "" : ` class="${kind}"`}>${escape(words)}</text>`

const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  `<line class="${kind}" x1="${r(x1)}" y1="${r(y1)}" x2="${r(x2)}" y2="${r(y2)}"/>`

const light = [
  "#2563c9",
  "#d9730d",
  "#1a8754",
  "#8b45c4",
  "#c2334d",
  "#0e8a9c",
  "#8a6d1f",
  "#5b6b80",
  "#b0488f",
  "#4c7a34"
]
const dark = [
  "#6ea2ff",
  "#f2a154",
  "#55c48f",
  "#c092f0",
  "#f07f92",
  "#4fc6d8",
  "#d1b15a",
  "#a3b1c4",
  "#e08cc4",
  "#93c46f"
]
const colors = light.length

const palette = (background: string, border: string, ink: string, soft: string, all: ReadonlyArray<string>): string =>
  `.card{fill:${background};stroke:${border}}text{fill:${ink}}.soft{fill:${soft}}.inside{fill:${background}}` +
  `.grid{stroke:${border}}.mark,.range{stroke:${ink}}` +
  all.map((color, i) => `.fill${i}{fill:${color}}.line${i}{stroke:${color}}`).join("")

const style =
  `text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}.title{font-size:17px;font-weight:600}` +
  `.strong{font-weight:600}.end{text-anchor:end}.middle,.inside{text-anchor:middle}.inside{font-size:11px}` +
  `polyline{fill:none;stroke-width:2}.mark{stroke-dasharray:4 4;opacity:.7}.range{stroke-width:1.5;opacity:.75}` +
  palette("#ffffff", "#d5dae1", "#1c2430", "#5a6675", light) +
  `@media(prefers-color-scheme:dark){${palette("#12161c", "#343c47", "#e6eaf0", "#9aa6b5", dark)}}`

const card = (title: string, note: string, height: number, drawn: ReadonlyArray<string>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    text(margin, 32, title, "title"),
    text(margin, 52, note, "soft"),
    ...drawn,
    "</svg>",
    ""
  ].join("\n")
