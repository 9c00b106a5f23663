/** Lines in the heading that stay as long as what they tell of. */
import { printable } from "../../../printable.ts"
import { connection, store } from "../state/page.ts"
import { Icon } from "./Icon.tsx"

export const Banner = () => {
  const problem = store.definition.value?.problem
  const gap = store.state.value?.gaps.at(-1)
  const isLost = connection.value === "lost"
  return (
    <div class="banners" role="status">
      {isLost && (
        <p class="banner">
          <Icon name="repeat" /> The server does not answer; the page goes on when it is back.
        </p>
      )}
      {problem != null && (
        <p class="banner is-problem">
          <Icon name="alert" /> The definition can't be taken; the one before goes on. {printable(problem)}
        </p>
      )}
      {gap !== undefined && (
        <p class="banner is-problem">
          <Icon name="alert" /> Changes may be missing: {printable(gap)}
        </p>
      )}
    </div>
  )
}
