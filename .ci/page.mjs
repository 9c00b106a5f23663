// Writes the console's page into what is published, with the licences of the libraries that are in it.
import { mkdir, writeFile } from "node:fs/promises"
import { licences } from "../src/cli/licences.ts"
import { bundlePage } from "../src/console/bundlePage.ts"

const folder = "dist/console"
let notice = ""
const keepNotice = {
  name: "keep the notice",
  generateBundle(_, bundle) {
    notice = bundle["licences.txt"].source
  }
}
const html = await bundlePage([licences("licences.txt"), keepNotice])
await mkdir(folder, { recursive: true })
await writeFile(`${folder}/page.html`, html)
await writeFile(`${folder}/licences.txt`, notice)
