/** Buttons that do to the pipeline what happens in the world. */
import { useId, useRef } from "preact/hooks"
import type { BreakRequest } from "../../requests.ts"
import { api, attempt, canEdit, choice, store } from "../state/page.ts"
import { Icon, type IconName } from "./Icon.tsx"

interface Deed {
  readonly icon: IconName
  readonly title: string
  readonly text: string
  readonly request: () => BreakRequest
}

const refused = (): BreakRequest => {
  const { aggregate, id } = choice.value
  return {
    _tag: "RefuseRow",
    ...(aggregate === undefined ? {} : { aggregate }),
    ...(aggregate === undefined || id === undefined ? {} : { id })
  }
}

const isHeld = () => store.state.value?.isHeld === true

const deeds = (): ReadonlyArray<Deed> => [
  {
    icon: "repeat",
    title: "Deliver again",
    text: "The last batch comes a second time",
    request: () => ({ _tag: "DeliverAgain" })
  },
  {
    icon: "reverse",
    title: "Deliver in reverse",
    text: "The last batch, its newest change first",
    request: () => ({ _tag: "DeliverReversed" })
  },
  {
    icon: "lanes",
    title: "Deliver from ten lanes",
    text: "The last batch, by ten workers at the same time",
    request: () => ({ _tag: "DeliverFromTenLanes" })
  },
  {
    icon: "none",
    title: "Refuse a row",
    text: "Puts one that the definition can't take",
    request: refused
  },
  {
    icon: "stop",
    title: "Stop OpenSearch",
    text: "For ten seconds",
    request: () => ({ _tag: "StopSearch" })
  },
  {
    icon: "pause",
    title: isHeld() ? "Let the stream go on" : "Hold the stream back",
    text: isHeld() ? "What has gathered comes at once" : "Changes gather until it may go on",
    request: () => ({ _tag: "HoldStream", isHeld: !isHeld() })
  }
]

export const BreakMenu = () => {
  const id = useId()
  const menu = useRef<HTMLDivElement>(null)
  const run = (request: BreakRequest) =>
    attempt(async () => {
      menu.current?.hidePopover()
      const { message } = await api.breakIt(request)
      store.notify(message)
    })
  return (
    <>
      <button class="button" aria-label="Break it" popovertarget={id} disabled={!canEdit.value}>
        <Icon name="bolt" /> <span class="deed-name">Break it</span>
      </button>
      <div ref={menu} id={id} popover="auto" class="menu" role="group" aria-label="Break it">
        {deeds().map(({ icon, request, text, title }) => (
          <button key={icon} class="deed" onClick={() => void run(request())}>
            <Icon name={icon} />
            <span class="deed-title">{title}</span>
            <span class="note">{text}</span>
          </button>
        ))}
        <p class="note menu-note">However it is broken, “Prove it” must find every document right.</p>
      </div>
    </>
  )
}
