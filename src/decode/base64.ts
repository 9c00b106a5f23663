/** Binary as base64 text, from bytes as from text; `undefined` for what is neither. */
export const base64 = (value: unknown): string | undefined => {
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
  }
  // One spelling for the same bytes: what does not come back as it was is no base64 of DynamoDB's.
  return typeof value === "string" && Buffer.from(value, "base64").toString("base64") === value ? value : undefined
}
