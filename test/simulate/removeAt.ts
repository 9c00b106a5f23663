/** Removes a field, given as its path; gives whether it was there. */
export const removeAt = (at: any, [name, ...rest]: ReadonlyArray<string>): boolean => {
  if (name === undefined || typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return false
  return rest.length === 0 ? delete at[name] : removeAt(at[name], rest)
}
