/** A view with its heading; what is in it fills it. */
import type { ComponentChildren } from "preact"

interface Props {
  readonly name: string
  readonly title: string
  readonly note?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly isHidden?: boolean
  readonly children: ComponentChildren
}

export const Panel = ({ actions, children, isHidden = false, name, note, title }: Props) => (
  <section class={`panel panel-${name}${isHidden ? " is-away" : ""}`} aria-label={title}>
    <header class="panel-head">
      <h2>{title}</h2>
      <span class="note">{note}</span>
      <span class="actions">{actions}</span>
    </header>
    {children}
  </section>
)
