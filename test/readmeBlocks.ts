/** The README's blocks of code, by the file name in their first line, against the sources. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")

export const readme = readFileSync(join(root, "README.md"), "utf8")

export const blocks = [...readme.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)].map(
  ([, name, code]) => [name!, code!] as const
)

/** Where the package's names stand in the sources. */
export const sources: { readonly [name: string]: string } = {
  tablefold: "src/index.ts",
  "tablefold/cdk": "src/cdk/index.ts",
  "tablefold/lambda": "src/lambda/index.ts",
  "tablefold/metrics": "src/metrics/index.ts",
  "tablefold/opensearch": "src/sink/opensearch/index.ts",
  "tablefold/testing": "src/testing/index.ts",
  "tablefold/testing/suite": "src/testing/SinkSuite.ts"
}

/** Writes the blocks into a folder of their own, which is to be removed again. */
export const writeBlocks = (): string => {
  mkdirSync(join(root, "tmp"), { recursive: true })
  const folder = mkdtempSync(join(root, "tmp", "readme-"))
  for (const [name, code] of blocks) {
    const local = code.replaceAll(/from "(tablefold[^"]*)"/g, (_, entry) => `from "../../${sources[entry]}"`)
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), local)
  }
  return folder
}
