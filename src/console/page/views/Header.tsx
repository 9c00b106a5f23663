/** The heading: the table, the places, how things stand, and what can be done with all of it. */
import { useSignal } from "@preact/signals"
import { duration } from "../model/format.ts"
import { api, attempt, canEdit, connection, place, type Place, store } from "../state/page.ts"
import { theme, type Theme } from "../state/theme.ts"
import { now } from "../state/time.ts"
import { Banner } from "./Banner.tsx"
import { BreakMenu } from "./BreakMenu.tsx"
import { Icon, type IconName } from "./Icon.tsx"

const places: ReadonlyArray<readonly [Place, string]> = [
  ["data", "Data"],
  ["search", "Search"],
  ["run", "Run"]
]

export const Header = () => {
  const hello = store.hello.value
  return (
    <header class="head">
      <div class="brand">
        <Icon name="logo" />
        <h1>tablefold</h1>
        <span class="where" title={hello && `${hello.tableTitle} → ${hello.searchTitle}`}>
          {hello?.table}
        </span>
      </div>
      <nav class="segments places" aria-label="Places">
        {places.map(([name, title]) => (
          <button
            key={name}
            aria-current={place.value === name ? "page" : undefined}
            onClick={() => (place.value = name)}
          >
            {title}
          </button>
        ))}
      </nav>
      <Banner />
      <Status />
      <div class="deeds">
        {hello?.canEdit === true && <BreakMenu />}
        {hello?.canEdit === true && <Prove />}
        <ThemeButton />
      </div>
    </header>
  )
}

const Status = () => {
  const [tone, text] = statusOf()
  return (
    <p class={`status status-${tone}`} role="status">
      <i class="lamp" />
      <span>{text}</span>
    </p>
  )
}

const statusOf = (): readonly [tone: "good" | "busy" | "bad" | "none", text: string] => {
  const state = store.state.value
  if (connection.value === "lost") return ["bad", "no connection"]
  if (state === undefined) return ["none", "connecting"]
  if (state.stoppedUntil !== null && state.stoppedUntil > now.value)
    return ["bad", `OpenSearch stopped, ${Math.ceil((state.stoppedUntil - now.value) / 1_000)} s left`]
  if (state.problem !== null) return ["bad", state.problem]
  if (state.isHeld) return ["busy", "stream held back"]
  if (state.waiting > 0) return ["busy", `${state.waiting} batches waiting`]
  if (state.isUpToDate) return ["good", "up to date"]
  const lag = store.points.value.at(-1)?.lag
  return ["busy", lag == null ? "catching up" : `behind by ${duration(lag)}`]
}

const Prove = () => {
  const isBusy = useSignal(false)
  const proof = store.state.value?.proof
  const prove = () =>
    attempt(async () => {
      isBusy.value = true
      try {
        const { isRight, message } = await api.prove()
        store.notify(message, { isProblem: !isRight })
      } finally {
        isBusy.value = false
      }
    })
  const title = "Compares every document with the table"
  return (
    <button
      class="button is-primary"
      aria-label="Prove it"
      disabled={!canEdit.value || isBusy.value}
      onClick={() => void prove()}
      title={title}
    >
      <Icon name={proof != null && !proof.isRight ? "alert" : "check"} />
      <span class="deed-name">{isBusy.value ? "Comparing" : "Prove it"}</span>
    </button>
  )
}

const themes: { readonly [name in Theme]: readonly [next: Theme, icon: IconName, title: string] } = {
  system: ["light", "auto", "Colours as the system has them"],
  light: ["dark", "sun", "Light colours"],
  dark: ["system", "moon", "Dark colours"]
}

const ThemeButton = () => {
  const [next, icon, title] = themes[theme.value]
  return (
    <button class="button is-bare" aria-label={title} title={title} onClick={() => (theme.value = next)}>
      <Icon name={icon} />
    </button>
  )
}
