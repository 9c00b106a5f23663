/** The text of a file that people feed: UTF-8, with or without byte order marks, which are no part of it. Pure. */
import { Result } from "effect"

/** The file has another encoding. The message is the end of a sentence about it. */
export interface NotUtf8 {
  readonly _tag: "NotUtf8"
  readonly message: string
}

export const decode = (bytes: Uint8Array): Result.Result<string, NotUtf8> =>
  isUtf16(bytes) ? Result.fail(utf16) : Result.succeed(Buffer.from(bytes).toString("utf8").replaceAll(marks, ""))

const utf16: NotUtf8 = {
  _tag: "NotUtf8",
  message: "it is UTF-16 text; convert it to UTF-8 first, as `iconv -f UTF-16 -t UTF-8` does"
}

/** Files that were put together have one at the beginning of each, and so at the beginning of a line. */
const marks = /^\uFEFF/gm

/** Without a mark it is known by the first character, which is ASCII in JSON. */
const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) ||
  (first === 0xfe && second === 0xff) ||
  (second !== undefined && (first === 0) !== (second === 0))
