/** One field of a form, as its type wants it. */
import { useId } from "preact/hooks"
import type { Field } from "../../messages.ts"

interface Props {
  readonly field: Field
  readonly hint: string
  readonly value: string
  readonly problem: string | undefined
  readonly onInput: (value: string) => void
}

export const FormField = ({ field, hint, onInput, problem, value }: Props) => {
  const id = useId()
  const common = {
    id,
    class: "field",
    value,
    "aria-invalid": problem !== undefined,
    "aria-describedby": `${id}-hint`,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => onInput(event.currentTarget.value)
  }
  const choices = field.type === "boolean" ? ["true", "false"] : field.choices
  return (
    <div class={`form-field${field.type === "json" ? " is-wide" : ""}`}>
      <label class="label" for={id}>
        {field.name}
      </label>
      {choices.length > 0 ? (
        <select {...common}>
          <option value="" />
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : field.type === "json" ? (
        <textarea {...common} class="field code small-code" spellcheck={false} rows={3} />
      ) : (
        <input
          {...common}
          inputMode={field.type === "text" ? "text" : "decimal"}
          autocomplete="off"
          spellcheck={false}
        />
      )}
      <span id={`${id}-hint`} class={problem === undefined ? "hint" : "hint is-problem"}>
        {problem ?? hint}
      </span>
    </div>
  )
}
