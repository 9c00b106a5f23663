/**
 * Imports as TypeScript projects write them: `./order.js` or `./order`, where the file is `order.ts`. Node runs the
 * file, but finds it by its own name alone.
 */
import * as Module from "node:module"

/** From here on, a relative import of a file that is not there finds the TypeScript file of that name. */
export const resolveTypeScript = (): void => {
  // Node has hooks since 22.15; before that, imports are found as Node finds them.
  Module.registerHooks?.({
    resolve: (specifier, context, next) => {
      try {
        return next(specifier, context)
      } catch (error) {
        if (!/^\.\.?\//.test(specifier)) throw error
        try {
          return next(specifier.replace(/(\.([cm]?)js)?$/, ".$2ts"), context)
        } catch {
          // The name that was written is the one that the reader knows.
          throw error
        }
      }
    }
  })
}
