import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as svg from "./svg.ts"

const show = (value: number) => value.toFixed(1)

const base = { title: "a < b & c", note: "" }

const pictures = {
  bars: svg.bars({
    ...base,
    show,
    mark: 1,
    groups: [{ label: "one", bars: [{ label: "x", value: 0.5, range: [0.25, 1] }] }]
  }),
  "stacked bars": svg.stackedBars({
    ...base,
    show,
    parts: ["p", "q"],
    groups: [{ label: "one", bars: [{ label: "x", values: [0.25, 0.75] }] }]
  }),
  lines: svg.lines({
    ...base,
    x: { label: "x", show },
    y: { label: "y", show },
    lines: [{ label: "l", points: [10, 100, 1000].map((x) => [x, x / 10] as const) }]
  })
}

const numbers = (text: string, attribute: string) =>
  [...text.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"))].map(([, value]) => Number(value))

describe.each(Object.entries(pictures))("%s", (_, text) => {
  it("are of elements that are closed, with nothing unescaped", () => {
    const open: Array<string> = []
    for (const [, isEnd, name, isClosed] of text.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (isEnd === "/") assert.strictEqual(open.pop(), name)
      else if (isClosed === "") open.push(name!)
    }
    assert.deepStrictEqual(open, [])
    assert.include(text, "a &lt; b &amp; c")
  })

  it("stand within their card", () => {
    const [width] = numbers(text, "width")
    const [height] = numbers(text, "height")
    for (const attribute of ["x", "x1", "x2", "cx"]) {
      for (const x of numbers(text, attribute)) assert.isTrue(x >= 0 && x <= width!, `${attribute}=${x}`)
    }
    for (const attribute of ["y", "y1", "y2", "cy"]) {
      for (const y of numbers(text, attribute)) assert.isTrue(y >= 0 && y <= height!, `${attribute}=${y}`)
    }
  })
})

it("a bar is as long as its value says", () => {
  const lengthOf = (value: number) => {
    const bars = [value, 8].map((value) => ({ label: "x", value }))
    const text = svg.bars({ title: "", note: "", show, groups: [{ label: "", bars }] })
    return /class="fill0"[^>]* width="([^"]*)"/.exec(text)![1]
  }
  assert.closeTo(Number(lengthOf(4)), Number(lengthOf(8)) / 2, 0.1)
})

it("a line's points are evenly apart where each is ten times the one before", () => {
  const [a, b, c] = numbers(pictures.lines, "cx")
  assert.closeTo(b! - a!, c! - b!, 0.2)
})

it.prop(
  "ticks hold all values, in steps one can read",
  [Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 1e9 }))],
  ([max]) => {
    const ticks = svg.evenTicks(max)
    assert.isAtLeast(ticks.at(-1)!, max * (1 - 1e-6))
    assert.isTrue(ticks.length >= 3 && ticks.length <= 8, ticks.join())
    const powers = svg.decades(max / 50, max)
    assert.isTrue(powers[0]! <= (max / 50) * (1 + 1e-9) && powers.at(-1)! >= max * (1 - 1e-9))
  }
)
