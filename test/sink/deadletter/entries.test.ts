/** A file's text cut into letters: all of them, whatever is between, and however much of one a killed writer left. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as DeadLetters from "../../../src/sink/deadletter/DeadLetters.ts"
import { split } from "../../../src/sink/deadletter/entries.ts"
import * as Mailbox from "../../../src/sink/deadletter/Mailbox.ts"

/** Keys and reasons that look like what letters are cut at. */
const odd = Schema.Array(Schema.Literals([...'{}[],:\\"\n a', '{"format"', '\n{"format":1'])).check(
  Schema.isMaxLength(8)
)
const one = Schema.Struct({ reason: odd, key: odd })
const indents = Schema.Literals([0, 1, 2, "\t"])
const between = Schema.Literals(["\n", "\r\n", "\n\n", "\ufeff\n", " \n"])

const letterOf = ({ key, reason }: typeof one.Type, i: number) =>
  DeadLetters.make({ reason: reason.join(""), rows: [{ key: key.join(""), sequenceNumber: String(i) }] }, 0)

const lettersIn = (text: string) => {
  const { entries, unfinished } = split(text)
  assert.strictEqual(unfinished, "")
  return entries.map((entry) => {
    const content = Result.getOrThrow(Mailbox.read(entry))
    return content._tag === "Letter" ? content.letter : content
  })
}

const some = Schema.NonEmptyArray(one).check(Schema.isMaxLength(5))

describe("a file's letters", () => {
  it.prop("are found one after the other, on lines or over them", [some, indents, between], ([all, indent, end]) => {
    const letters = all.map(letterOf)
    const texts = letters.map((letter) => JSON.stringify(letter, null, indent))
    assert.deepStrictEqual(lettersIn(texts.join(end)), letters)
    assert.deepStrictEqual(lettersIn(texts.map((text) => text + end).join("")), letters)
  })

  it.prop("are found in an array, and below it", [some, indents], ([all, indent]) => {
    const letters = all.map(letterOf)
    const last = letters.at(-1)!
    const text = JSON.stringify(letters, null, indent)
    assert.deepStrictEqual(lettersIn(text), letters)
    assert.deepStrictEqual(lettersIn(`${text}\n${DeadLetters.encode(last)}\n`), [...letters, last])
    const byHand = `[\n${letters.map((letter) => JSON.stringify(letter)).join(",\n")}\n]\n`
    assert.deepStrictEqual(lettersIn(`${byHand}${DeadLetters.encode(last)}\n`), [...letters, last])
  })

  it.prop(
    "are found after what a killed writer left of one, wherever it was cut",
    [one, some, Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))],
    ([torn, all, share]) => {
      const whole = DeadLetters.encode(letterOf(torn, 99))
      const cut = whole.slice(0, 1 + Math.floor(share * (whole.length - 2)))
      const letters = all.map(letterOf)
      const text = [cut, ...letters.map(DeadLetters.encode)].join("\n")
      const { entries, unfinished } = split(`${text}\n`)
      assert.deepStrictEqual(entries, [cut.trim(), ...letters.map(DeadLetters.encode)])
      assert.strictEqual(unfinished, "")
      // At the end somebody may be about to write the rest.
      const before = split(`${letters.map((letter) => `${DeadLetters.encode(letter)}\n`).join("")}${cut}`)
      assert.deepStrictEqual(before, { entries: letters.map(DeadLetters.encode), unfinished: cut })
    }
  )

  it("stand among notes by hand", () => {
    const { entries } = split(`a note\n${DeadLetters.encode(letterOf({ key: [], reason: [] }, 1))}\n{"x":1} b\n`)
    assert.deepStrictEqual([entries[0], ...entries.slice(2)], ["a note", '{"x":1}', "b"])
  })
})
