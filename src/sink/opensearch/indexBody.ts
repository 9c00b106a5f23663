/** What an index is made with: `create` in `indices.ts` sends it, `tablefold mapping` shows it. */
import type { Description } from "../../define/Definition.ts"

/** What readers' alias lets through: documents that are live. */
export const liveOnly = { term: { "_sync.live": true } }

/** `alias` is that of readers; absent where they don't come to this index yet. */
export const indexBody = ({ properties, settings }: Description, alias: string | undefined) => ({
  settings,
  mappings: { dynamic: false, properties },
  aliases: alias === undefined ? {} : { [alias]: { filter: liveOnly } }
})
