/** Actions on rows: a form opened, a row removed and put back. */
import { signal } from "@preact/signals"
import { printable } from "../../../printable.ts"
import type { Row } from "../../messages.ts"
import { nameOf } from "../model/tableLines.ts"
import { api, attempt, store } from "../state/page.ts"

/** The form that is open: for a new row, beside another where one is chosen, or for a row that is there. */
export type Opened =
  | { readonly kind: "add"; readonly row: Row | undefined }
  | { readonly kind: "change"; readonly row: Row }

export const opened = signal<Opened | undefined>(undefined)

export const openRow = (next: Opened): void => {
  opened.value = next
}

export const removeRow = (row: Row): Promise<void> =>
  attempt(async () => {
    await api.edit({ _tag: "Remove", keys: row.keys })
    const { item } = row
    const undo = () => void attempt(async () => void (await api.edit({ _tag: "Raw", item: item! })))
    store.notify(`Removed ${printable(nameOf(row))}`, item === null ? {} : { undo })
  })
