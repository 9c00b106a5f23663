/** The licences of the packages in a bundle, written beside it, as they ask of whoever hands their code on. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "rolldown"

/** A plugin whose file names each package, and gives each text once. */
export const licences = (fileName: string): Plugin => ({
  name: "licences",
  generateBundle(_, bundle) {
    const ids = Object.values(bundle).flatMap((part) => (part.type === "chunk" ? part.moduleIds : []))
    const folders = new Set(ids.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []))
    const texts = Map.groupBy([...folders].toSorted().map(noticeOf), ({ text }) => text)
    const source = [...texts].map(([text, own]) => `${own.map(({ title }) => title).join("\n")}\n\n${text}\n`)
    this.emitFile({ type: "asset", fileName, source: source.join(`\n${"-".repeat(80)}\n\n`) })
  }
})

const noticeOf = (folder: string): { readonly title: string; readonly text: string } => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file))
  const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n")
  return { title: `${name} ${version} (${license})`, text }
}
