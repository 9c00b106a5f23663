/** What an index holds against what it must hold; only the documents that differ are shown. */
import { assert } from "@effect/vitest"
import { searchAll } from "../opensearch.ts"
import type { Documents } from "../oracle.ts"
import { show, type Tree } from "../tree.ts"

type Fields = ReadonlyMap<string, Tree>

/** Every document is what it must be, every hidden one shows nothing, and there is no other. Gives their number. */
export const check = async (node: string, aliasPrefix: string, expected: Documents): Promise<number> => {
  let count = 0
  for (const [name, documents] of expected) {
    const found = await searchAll(node, aliasPrefix + name)
    const all = await searchAll(node, `${aliasPrefix}${name}-000001`)
    const visible = [...documents].flatMap(([id, fields]) => (fields === undefined ? [] : [[id, fields] as const]))
    assert.strictEqual(texts(found, visible), texts(visible, found), `what readers see of ${name}`)
    const hidden = [...all].filter(([id]) => !found.has(id))
    const shown = hidden.filter(([, fields]) => [...fields.keys()].some((field) => field !== "_sync"))
    assert.deepStrictEqual(shown, [], `what hidden documents of ${name} show`)
    const missing = [...documents.keys()].filter((id) => !all.has(id))
    assert.deepStrictEqual(missing, [], `documents that ${name} lost`)
    count += found.size
  }
  return count
}

/** The documents of one side that the other does not have as they are. */
const texts = (side: Iterable<readonly [string, Fields]>, other: Iterable<readonly [string, Fields]>): string => {
  const [own, others] = [side, other].map((documents) => new Map([...documents].map(([id, it]) => [id, textOf(it)])))
  return [...own!]
    .flatMap(([id, text]) => (others!.get(id) === text ? [] : [`${JSON.stringify(id)}: ${text}`]))
    .sort()
    .join("\n")
}

const textOf = (fields: Fields): string => show(new Map([...fields].filter(([name]) => name !== "_sync")))
