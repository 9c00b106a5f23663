/** Orders strings as UTF-8 bytes do, which is how DynamoDB orders them; UTF-16 units put U+E000…U+FFFF last. */
export const codePoints = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return left >= 0xd800 && right >= 0xd800 ? lift(left) - lift(right) : left - right
  }
  return a.length - b.length
}

const lift = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit + 0x2000)
