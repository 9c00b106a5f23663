/** A table of texts, for the terminal and for a page. The first column is words, the others are figures. */

export interface Table {
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export const text = ({ head, rows, title }: Table): string => {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ")
  return [title, ...all.map((row) => `  ${line(row).trimEnd()}`)].join("\n")
}

export const markdown = ({ head, rows, title }: Table): string => {
  const line = (row: ReadonlyArray<string>) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"))
  return [`**${title}**`, "", line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n")
}
