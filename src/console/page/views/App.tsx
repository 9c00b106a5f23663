/** The page: its heading, one of its places, and what lies over them. */
import { place, view, type View } from "../state/page.ts"
import { ChangesPanel } from "./ChangesPanel.tsx"
import { DocumentPanel } from "./DocumentPanel.tsx"
import { Header } from "./Header.tsx"
import { Notices } from "./Notices.tsx"
import { RowDialog } from "./RowDialog.tsx"
import { RunView } from "./RunView.tsx"
import { SearchView } from "./SearchView.tsx"
import { TablePanel } from "./TablePanel.tsx"

export const App = () => (
  <>
    <Header />
    <main class={`main main-${place.value}`}>
      {place.value === "data" && <Data />}
      {place.value === "search" && <SearchView />}
      {place.value === "run" && <RunView />}
    </main>
    <Notices />
    <RowDialog />
  </>
)

const views: ReadonlyArray<readonly [View, string]> = [
  ["table", "Table"],
  ["changes", "Changes"],
  ["document", "Document"]
]

const Data = () => (
  <>
    <TablePanel />
    <ChangesPanel />
    <DocumentPanel />
    <nav class="views" aria-label="Views">
      {views.map(([name, title]) => (
        <button key={name} aria-current={view.value === name ? "true" : undefined} onClick={() => (view.value = name)}>
          {title}
        </button>
      ))}
    </nav>
  </>
)
