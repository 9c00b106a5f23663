/** The fields of a document that a change altered. Pure. */

/** As many paths as are told one by one; of more the outer ones are. */
const pathsMax = 100

/** Paths of what was added, changed or removed between two documents, as `orderItems.1.quantity`. */
export const altered = (before: unknown, after: unknown): ReadonlyArray<string> => {
  const paths: Array<string> = []
  compare(before, after, "", paths)
  return paths.length <= pathsMax ? paths : [...new Set(paths.map((path) => path.split(".")[0]!))].slice(0, pathsMax)
}

const compare = (before: unknown, after: unknown, path: string, into: Array<string>): void => {
  if (Object.is(before, after)) return
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    into.push(path)
    return
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(own(before, name), own(after, name), path === "" ? name : `${path}.${name}`, into)
  }
}

type Container = { readonly [name: string]: unknown }

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null

const own = (value: Container, name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined)
