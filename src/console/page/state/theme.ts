/** Light and dark: as the system has it, or as it was chosen here. */
import { effect, signal } from "@preact/signals"

export type Theme = "system" | "light" | "dark"

const name = "tablefold-theme"

/** Storage may be forbidden; the page does without. */
const stored = (): Theme => {
  try {
    const text = localStorage.getItem(name)
    return text === "light" || text === "dark" ? text : "system"
  } catch {
    return "system"
  }
}

export const theme = signal<Theme>(stored())

/** Grows each time that colours are other ones: what draws by itself draws again. */
export const themeRevision = signal(0)

effect(() => {
  document.documentElement.dataset["theme"] = theme.value
  try {
    localStorage.setItem(name, theme.value)
  } catch {
    return
  } finally {
    themeRevision.value = themeRevision.peek() + 1
  }
})

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  themeRevision.value = themeRevision.peek() + 1
})
