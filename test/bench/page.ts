/** Puts the tables of a run into a page, between `<!-- bench: name -->` and `<!-- end -->`. */
import * as Table from "./Table.ts"

/** Throws where the page has a place for a table that the run does not have. */
export const fill = (page: string, tables: { readonly [name: string]: Table.Table }): string =>
  page.replaceAll(/(<!-- bench: (\S+) -->\n)[^]*?(<!-- end -->)/g, (_, begin: string, name: string, end: string) => {
    const table = tables[name]
    if (table === undefined) throw new Error(`the run has no table named ${name}, for which the page has a place`)
    return `${begin}\n${Table.markdown(table)}\n\n${end}`
  })
