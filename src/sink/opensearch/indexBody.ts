/** The body that an index is made with: `create` in `indices.ts` sends it, `tablefold mapping` shows it. */
import type { Description } from "../../define/Definition.ts"

/** The filter of readers' alias, which lets through documents that are live. */
export const liveOnly = { term: { "_sync.live": true } }

/**
 * Settings and parts of the mapping by which an index template could alter documents, drop them, or lose what was
 * acknowledged: named, so that they are as said here. They are no part of the definition, nor of its hash. The lists of
 * a template in the old form (`_template`) stay, as those of both sides are joined: `indexProblem` finds them.
 */
const fixedSettings = {
  default_pipeline: "_none",
  final_pipeline: "_none",
  "translog.durability": "request",
  "blocks.write": false,
  "blocks.read": false,
  "blocks.read_only": false,
  "blocks.metadata": false
}
const fixedMappings = {
  dynamic: false,
  _source: { enabled: true, includes: [], excludes: [] },
  _routing: { required: false }
}

/** `alias` is that of readers; absent where they don't come to this index yet. */
export const indexBody = ({ properties, settings }: Description, alias: string | undefined) => ({
  settings: { ...settings, index: { ...settings["index"], ...fixedSettings } },
  mappings: { ...fixedMappings, properties },
  aliases: alias === undefined ? {} : { [alias]: { filter: liveOnly } }
})
