/**
 * Short inspections: the text that a value shows in place of all that hangs on it. Vitest's diffs ask `toJSON` for
 * it, chai and Node's console the symbol, and Effect's formatter, which shows on what a law failed, `toString`.
 */

const nodeInspect = Symbol.for("nodejs.util.inspect.custom")

/** Lets a prototype's values show themselves as `text` says. */
export const define = <T extends object>(prototype: object, text: (value: T) => string): object => {
  const value = function (this: T): string {
    return text(this)
  }
  return Object.defineProperties(prototype, { toString: { value }, toJSON: { value }, [nodeInspect]: { value } })
}

/** Makes values out of their properties that show themselves as `text` says. */
export const maker = <T extends object>(text: (value: T) => string): (<V extends T>(properties: V) => V) => {
  const prototype = define({}, text)
  return (properties) => Object.assign(Object.create(prototype), properties)
}
