/** Breaks text at blanks, for a width. Pure. */

/**
 * The lines of a text that is too wide for one: the first begins with `indent`, others with `hang`. A word that is
 * wider than all the room stays whole.
 */
export const wrap = (text: string, width: number, indent = "", hang = indent): ReadonlyArray<string> => {
  const lines = [indent]
  let isEmpty = true
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!
    const longer = isEmpty ? line + word : `${line} ${word}`
    if (isEmpty || longer.length <= width) lines[lines.length - 1] = longer
    else lines.push(hang + word)
    isEmpty = false
  }
  return lines
}
