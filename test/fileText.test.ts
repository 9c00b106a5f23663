/** Files from any editor or shell: byte order marks are no part of the text, and UTF-16 is told as such. */
import { assert, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fileText from "../src/fileText.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const utf16 = (text: string, isBig = false) => {
  const bytes = Buffer.from(text, "utf16le")
  return isBig ? bytes.swap16() : bytes
}

it.prop("text in UTF-8 is itself, with a mark before each file that was put into it", [Schema.String], ([word]) => {
  const json = JSON.stringify({ word })
  for (const text of [json, `${json}\r\n${json}\n`]) {
    assert.strictEqual(Result.getOrThrow(fileText.decode(utf8(text))), text)
    assert.strictEqual(Result.getOrThrow(fileText.decode(utf8(`\uFEFF${text}`))), text)
  }
  const marked = `\uFEFF${json}\n\uFEFF${json}\n`
  assert.strictEqual(Result.getOrThrow(fileText.decode(utf8(marked))), `${json}\n${json}\n`)
})

it("UTF-16 is told as such, with a mark or without, whichever byte comes first", () => {
  for (const text of ["{}", "[]", '{"Records":[]}', "\n{}"]) {
    for (const isBig of [false, true]) {
      for (const mark of ["", "\uFEFF"]) {
        const read = fileText.decode(utf16(mark + text, isBig))
        assert.include(Result.getOrThrow(Result.flip(read)).message, "UTF-16")
      }
    }
  }
})

it("short files are no UTF-16", () => {
  for (const text of ["", "7", "{}", "\n"]) assert.strictEqual(Result.getOrThrow(fileText.decode(utf8(text))), text)
})
