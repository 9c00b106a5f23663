/** The fields of a typed row: its kind, the names of its key, its attributes. */
import type { Aggregate, RowKind } from "../../messages.ts"
import type { Draft } from "../model/form.ts"
import { FormField } from "./FormField.tsx"

interface KindProps {
  readonly aggregates: ReadonlyArray<Aggregate>
  readonly value: string
  readonly onChoose: (name: string) => void
}

export const KindSelect = ({ aggregates, onChoose, value }: KindProps) => (
  <label class="label">
    Kind of row
    <select class="field" value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      {aggregates.map(({ key, name, rows }) => (
        <optgroup key={name} label={`${name} — ${key}`}>
          {rows.map(({ field, template }) => (
            <option key={field} value={`${name}\n${field}`}>
              {field === "" ? "root" : field} — {template}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  </label>
)

interface FieldsProps {
  readonly kind: RowKind
  readonly draft: Draft
  readonly problems: { readonly [name: string]: string }
  readonly onDraft: (draft: Draft) => void
}

export const Fields = ({ draft, kind, onDraft, problems }: FieldsProps) => (
  <div class="fields">
    {kind.keyNames.map((name) => (
      <FormField
        key={`key ${name}`}
        field={{ name, type: "text", isOptional: false, choices: [] }}
        hint="of the key"
        value={draft.key[name] ?? ""}
        problem={problems[`key ${name}`]}
        onInput={(value) => onDraft({ ...draft, key: { ...draft.key, [name]: value } })}
      />
    ))}
    {kind.fields
      .filter(({ name }) => !kind.keyNames.includes(name))
      .map((field) => (
        <FormField
          key={field.name}
          field={field}
          hint={`${field.type}${field.isOptional ? ", optional" : ""}`}
          value={draft.values[field.name] ?? ""}
          problem={problems[field.name]}
          onInput={(value) => onDraft({ ...draft, values: { ...draft.values, [field.name]: value } })}
        />
      ))}
  </div>
)
