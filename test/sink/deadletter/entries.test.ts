/**
 * A file's text cut into dead letters: all of them, whatever is between, and however much of one a killed writer left.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import { split } from "../../../src/sink/deadletter/entries.ts"
import * as DeadLetterQueue from "../../../src/sink/deadletter/DeadLetterQueue.ts"

/** Keys and reasons that look like what dead letters are cut at. */
const odd = Schema.Array(Schema.Literals([...'{}[],:\\"\n a', '{"format"', '\n{"format":1'])).check(
  Schema.isMaxLength(8)
)
const one = Schema.Struct({ reason: odd, key: odd })
const indents = Schema.Literals([0, 1, 2, "\t"])
const between = Schema.Literals(["\n", "\r\n", "\n\n", "\ufeff\n", " \n"])

const deadLetterOf = ({ key, reason }: typeof one.Type, i: number) =>
  DeadLetters.make({ reason: reason.join(""), rows: [{ key: key.join(""), sequenceNumber: String(i) }] }, 0)

const deadLettersIn = (text: string) => {
  const { entries, unfinished } = split(text)
  assert.strictEqual(unfinished, "")
  return entries.map((entry) => {
    const content = Result.getOrThrow(DeadLetterQueue.read(entry))
    return content._tag === "DeadLetter" ? content.deadLetter : content
  })
}

const some = Schema.NonEmptyArray(one).check(Schema.isMaxLength(5))

describe("a file's dead letters", () => {
  it.prop("are found one after the other, on lines or over them", [some, indents, between], ([all, indent, end]) => {
    const deadLetters = all.map(deadLetterOf)
    const texts = deadLetters.map((deadLetter) => JSON.stringify(deadLetter, null, indent))
    assert.deepStrictEqual(deadLettersIn(texts.join(end)), deadLetters)
    assert.deepStrictEqual(deadLettersIn(texts.map((text) => text + end).join("")), deadLetters)
  })

  it.prop("are found in an array, and below it", [some, indents], ([all, indent]) => {
    const deadLetters = all.map(deadLetterOf)
    const last = deadLetters.at(-1)!
    const text = JSON.stringify(deadLetters, null, indent)
    assert.deepStrictEqual(deadLettersIn(text), deadLetters)
    assert.deepStrictEqual(deadLettersIn(`${text}\n${DeadLetters.encode(last)}\n`), [...deadLetters, last])
    const byHand = `[\n${deadLetters.map((deadLetter) => JSON.stringify(deadLetter)).join(",\n")}\n]\n`
    assert.deepStrictEqual(deadLettersIn(`${byHand}${DeadLetters.encode(last)}\n`), [...deadLetters, last])
  })

  it.prop(
    "are found after what a killed writer left of one, wherever it was cut",
    [one, some, Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))],
    ([torn, all, share]) => {
      const whole = DeadLetters.encode(deadLetterOf(torn, 99))
      const cut = whole.slice(0, 1 + Math.floor(share * (whole.length - 2)))
      const deadLetters = all.map(deadLetterOf)
      const text = [cut, ...deadLetters.map(DeadLetters.encode)].join("\n")
      const { entries, unfinished } = split(`${text}\n`)
      assert.deepStrictEqual(entries, [cut.trim(), ...deadLetters.map(DeadLetters.encode)])
      assert.strictEqual(unfinished, "")
      // At the end somebody may be about to write the rest.
      const before = split(`${deadLetters.map((deadLetter) => `${DeadLetters.encode(deadLetter)}\n`).join("")}${cut}`)
      assert.deepStrictEqual(before, { entries: deadLetters.map(DeadLetters.encode), unfinished: cut })
    }
  )

  it("stand among notes by hand", () => {
    const { entries } = split(`a note\n${DeadLetters.encode(deadLetterOf({ key: [], reason: [] }, 1))}\n{"x":1} b\n`)
    assert.deepStrictEqual([entries[0], ...entries.slice(2)], ["a note", '{"x":1}', "b"])
  })
})
