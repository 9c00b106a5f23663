/**
 * Imports as TypeScript projects write them: `./order.js` or `./order`, where the file is `order.ts`. Node runs the
 * file, but finds it by its own name alone. And modules loaded again after they were saved: Node loads each once.
 */
import * as Module from "node:module"
import { fileURLToPath } from "node:url"

/** One loading of a module and of what it imports by relative names. */
export interface Version {
  readonly number: number
  /** The files that were loaded. */
  readonly files: Set<string>
}

const parameter = "tablefold"
const versions = new Map<string, Version>()
let isResolving = false

/** From here on, a relative import of a file that is not there finds the TypeScript file of that name. */
export const resolveTypeScript = (): void => {
  if (isResolving) return
  isResolving = true
  // Node has hooks since 22.15; before that, imports are found as Node finds them.
  Module.registerHooks?.({
    resolve: (specifier, context, next) => {
      const found = resolved(specifier, context, next)
      const version = versionOf(context.parentURL)
      if (version === undefined || !isRelative(specifier)) return found
      return { ...found, url: begin(found.url, version) }
    }
  })
}

/** The address of a module in a version. */
export const begin = (href: string, version: Version): string => {
  const url = new URL(href)
  versions.set(`${version.number}`, version)
  version.files.add(fileURLToPath(url))
  url.searchParams.set(parameter, `${version.number}`)
  return url.href
}

const versionOf = (href: string | undefined): Version | undefined => {
  const number = href?.startsWith("file:") === true ? new URL(href).searchParams.get(parameter) : null
  return number === null ? undefined : versions.get(number)
}

const isRelative = (specifier: string) => /^\.\.?\//.test(specifier)

const resolved: Module.ResolveHookSync = (specifier, context, next) => {
  try {
    return next(specifier, context)
  } catch (error) {
    if (!isRelative(specifier)) throw error
    try {
      return next(specifier.replace(/(\.([cm]?)js)?$/, ".$2ts"), context)
    } catch {
      // The name that was written is the one that the reader knows.
      throw error
    }
  }
}
