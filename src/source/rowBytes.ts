/** Sizes of rows in memory, by which those who hold rows limit themselves. Pure. */

/** An object, its names, or a text, beside its characters. */
const overhead = 48

/** About how many bytes a row's attributes take. */
export const rowBytes = (value: unknown): number => {
  if (typeof value === "string") return overhead + value.length
  if (typeof value !== "object" || value === null) return 0
  if (value instanceof Uint8Array) return overhead + value.byteLength
  let bytes = overhead
  for (const inner of Array.isArray(value) ? value : Object.values(value)) bytes += overhead + rowBytes(inner)
  return bytes
}
