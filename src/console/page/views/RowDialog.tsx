/** The form of a row: by the definition, or as DynamoDB's JSON. */
import { useEffect, useRef } from "preact/hooks"
import { store } from "../state/page.ts"
import { Icon } from "./Icon.tsx"
import { type Opened, opened } from "./rowActions.ts"
import { Fields, KindSelect } from "./RowFields.tsx"
import { useRowForm } from "./useRowForm.ts"

const titles = { add: "Add a row", change: "Change a row" } as const

const close = () => (opened.value = undefined)

export const RowDialog = () => {
  const box = useRef<HTMLDialogElement>(null)
  const form = opened.value
  useEffect(() => {
    if (form !== undefined && box.current?.open === false) box.current.showModal()
    if (form === undefined) box.current?.close()
  }, [form])
  return (
    <dialog ref={box} class="dialog" aria-label={titles[form?.kind ?? "add"]} onClose={close}>
      {form !== undefined && <Form key={`${form.kind} ${form.row?.row}`} form={form} />}
    </dialog>
  )
}

const Form = ({ form }: { readonly form: Opened }) => {
  const { aggregate, draft, isBusy, isRaw, kind, problem, problems, choose, save, text } = useRowForm(form)
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <header class="dialog-head">
        <h2>{titles[form.kind]}</h2>
        <div class="segments" role="group" aria-label="Form of the row">
          <button type="button" aria-pressed={!isRaw.value} disabled={!kind} onClick={() => (isRaw.value = false)}>
            Typed
          </button>
          <button type="button" aria-pressed={isRaw.value} onClick={() => (isRaw.value = true)}>
            DynamoDB JSON
          </button>
        </div>
        <button type="button" class="button is-bare" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">
        {isRaw.value || aggregate === undefined || kind === undefined ? (
          <label class="label">
            The row
            <textarea
              class="field code"
              spellcheck={false}
              value={text.value}
              onInput={(event) => (text.value = event.currentTarget.value)}
            />
          </label>
        ) : (
          <>
            <KindSelect
              aggregates={store.definition.value?.aggregates ?? []}
              value={`${aggregate.name}\n${kind.field}`}
              onChoose={choose}
            />
            <Fields
              kind={kind}
              draft={draft.value}
              problems={problems.value}
              onDraft={(next) => (draft.value = next)}
            />
          </>
        )}
      </div>
      <footer class="dialog-foot">
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <button type="submit" class="button is-primary" disabled={isBusy.value}>
          Put the row
        </button>
      </footer>
    </form>
  )
}
