/** Bundles a handler into a folder as `npm run build` bundles the example, and tells what it is made of. */
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"
import handlerConfig from "../../src/example/rolldown.config.ts"

export interface Bundle {
  /** The handler's file. */
  readonly file: string
  readonly files: number
  readonly bytes: number
  readonly gzipBytes: number
  /** Of what Node reads before it runs the handler's file: that one, and those that it imports by name. */
  readonly gzipBytesAtStart: number
  readonly modulesAtStart: ReadonlyArray<string>
}

export const bundle = async (input: string, dir: string): Promise<Bundle> => {
  const { output: settings, ...config } = handlerConfig
  const build = await rolldown({ ...config, input })
  const { output } = await build.write({ ...settings, dir })
  const chunks = output.filter((it) => it.type === "chunk")
  const atStart = new Set(chunks.filter(({ isEntry }) => isEntry))
  for (const { imports } of atStart) {
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) atStart.add(chunk)
  }
  const sum = (parts: Iterable<{ readonly code: string }>, size: (code: string) => number) =>
    [...parts].reduce((total, { code }) => total + size(code), 0)
  const gzipped = (code: string) => gzipSync(code).length
  return {
    file: join(dir, [...atStart][0]!.fileName),
    files: chunks.length,
    bytes: sum(chunks, (code) => Buffer.byteLength(code)),
    gzipBytes: sum(chunks, gzipped),
    gzipBytesAtStart: sum(atStart, gzipped),
    modulesAtStart: [...atStart].flatMap(({ moduleIds }) => moduleIds)
  }
}
