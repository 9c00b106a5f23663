/** Code of a field over several lines where one is too long. Pure. */

const widthMax = 100

/** Breaks code at the members of its first object, and each of them again. `indent` is that of its first line. */
export const broken = (code: string, indent: string): string => {
  const object = indent.length + code.length <= widthMax ? undefined : objectIn(code)
  if (object === undefined) return code
  const { from, members, to } = object
  const inner = `${indent}  `
  const lines = members.map((member) => inner + broken(member, inner))
  return `${code.slice(0, from)}{\n${lines.join(",\n")}\n${indent}}${code.slice(to + 1)}`
}

/** The first object, its members, and the places of its braces. A text in quotes holds none of these. */
const objectIn = (code: string) => {
  const members: Array<string> = []
  let [from, depth, begin] = [-1, 0, 0]
  for (const { 0: token, index } of code.matchAll(/"(?:[^"\\]|\\.)*"|[{(]|[)}]|, /g)) {
    if (from === -1) {
      if (token !== "{") continue
      from = index
      begin = index + 2
    }
    if (token === "{" || token === "(") depth++
    if (token === "}" || token === ")") depth--
    if (token === ", " && depth === 1) {
      members.push(code.slice(begin, index))
      begin = index + 2
    }
    if (depth === 0) return { from, members: [...members, code.slice(begin, index - 1)], to: index }
  }
  return undefined
}
