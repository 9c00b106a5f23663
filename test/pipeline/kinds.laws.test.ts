/**
 * Rows told apart by their data, in two aggregates: however the history of a few rows is delivered, with old images,
 * without or with damaged ones, in whatever batches and beside a scan, documents show what the rows are at the end. A
 * row whose last state is refused keeps the last one that was not.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Claim from "../../src/decode/Claim.ts"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as Document from "../../src/fold/Document.ts"
import * as Patch from "../../src/fold/Patch.ts"
import * as Patches from "../../src/pipeline/patches.ts"
import type { Attributes, Change } from "../../src/source/Change.ts"
import { index } from "../../src/testing/deliveries.ts"
import { keys, scanned, streamArn } from "../decode/changes.ts"
import { visible } from "../fold/fold.ts"

const S = Schema.String
const Task = Aggregate.make("tasks", {
  key: "T#{id}",
  root: Aggregate.root("HEAD", { title: Schema.optionalKey(S) }),
  parts: {
    comments: Aggregate.many("{n}", { text: S }, { type: "comment" }),
    likes: Aggregate.many("{who}", { who: S }, { type: "like" })
  }
})
const Feed = Aggregate.make("feeds", {
  key: "T#{id}",
  parts: {
    open: Aggregate.many(
      "{n}",
      { text: S },
      { type: "comment", where: Schema.Struct({ state: Schema.Literal("open") }) }
    )
  }
})
const table = Table.make({ partitionKey: "PK", sortKey: "SK", typeAttribute: "kind", aggregates: [Task, Feed] })

type State = {
  readonly image: Attributes
  readonly comment?: object
  readonly open?: object
  readonly isRefused?: true
}
const text = (text: string, state: string): Attributes => ({
  kind: { S: "comment" },
  text: { S: text },
  state: { S: state }
})
/** A row that is not there, and the states that it may have. */
const states: ReadonlyArray<State | undefined> = [
  undefined,
  { image: text("a", "open"), comment: { text: "a" }, open: { text: "a" } },
  { image: text("b", "done"), comment: { text: "b" } },
  { image: { kind: { S: "like" } } },
  { image: { kind: { S: "lock" } } },
  { image: { text: { S: "c" } } },
  { image: { kind: { N: "5" } } },
  { image: { kind: { S: "comment" }, text: { N: "1" }, state: { S: "open" } }, isRefused: true },
  { image: { kind: { S: null } as never }, isRefused: true }
]

const damaged = { kind: { S: "comment", N: "1" } as never }
const head = { title: { S: "t" } }

interface Step {
  readonly row: number
  readonly state: number
  readonly at: ReadonlyArray<number>
}
const steps: Arbitrary.Arbitrary<ReadonlyArray<Step>> = Arbitrary.array(
  Arbitrary.all({
    row: index(2),
    state: index(states.length),
    at: Arbitrary.array(index(20), { minLength: 1, maxLength: 2 })
  }),
  { maxLength: 7 }
)

/** The history of the rows r0 and r1, as records with their places in the delivery. */
const happen = (first: ReadonlyArray<number>, steps: ReadonlyArray<Step>, olds: ReadonlyArray<number>) => {
  const now = [...first]
  return steps.flatMap(
    ({ at, row, state }, i): ReadonlyArray<{ readonly at: ReadonlyArray<number>; change: Change }> => {
      const [before, after] = [states[now[row]!], states[state]]
      if (before === after) return []
      now[row] = state
      const key = keys("T#1", `r${row}`)
      const eventName = after === undefined ? "REMOVE" : before === undefined ? "INSERT" : "MODIFY"
      const old = before && [{ ...before.image, ...key }, undefined, { ...damaged, ...key }][olds[i % olds.length]!]
      const origin = { _tag: "Stream", eventName, streamArn, sequenceNumber: String(10 + i) } as const
      return [
        {
          at,
          change: {
            keys: key,
            image: after && { ...after.image, ...key },
            before: old,
            origin: { ...origin, createdAt: undefined, viewType: undefined }
          }
        }
      ]
    }
  )
}

const fold = (batches: ReadonlyArray<ReadonlyArray<Change>>) => {
  const documents = new Map<string, Document.Document>()
  for (const batch of batches) {
    const claimed = batch.map((change) => Claim.of(table, change))
    for (const patch of Patches.groups(claimed).map((group) => Patches.fold(table, group))) {
      if (Patch.isEmpty(patch)) continue
      const { name } = patch.shape.aggregate
      documents.set(name, Document.apply(documents.get(name) ?? Document.empty(patch), patch))
    }
  }
  return documents
}

describe("rows of several kinds and aggregates", () => {
  const oldImages = Arbitrary.array(index(3), { minLength: 1, maxLength: 3 })
  const first = Arbitrary.all([index(states.length), index(states.length)])
  it.prop(
    "are shown as they are at the end",
    [first, steps, oldImages, index(8), index(20), index(4)],
    ([first, steps, olds, scanAt, scanPlace, batchSize]) => {
      const happened = happen(first, steps, olds)
      const rowsAt = (end: number) => {
        const rows = new Map(first.map((state, row) => [`r${row}`, [state]]))
        for (const { change } of happened.slice(0, end)) {
          const state = states.findIndex((state) =>
            state?.image === undefined ? change.image === undefined : isSame(state.image, change.image)
          )
          rows.get((change.keys["SK"] as { S: string }).S)!.push(state)
        }
        return rows
      }
      const scan = [...rowsAt(scanAt)].flatMap(([row, all]) => {
        const state = states[all.at(-1)!]
        return state === undefined ? [] : [{ at: scanPlace, change: scanned(keys("T#1", row), state.image, 1, 5) }]
      })
      const root = { at: 0, change: scanned(keys("T#1", "HEAD"), head, 1, 5) }
      const delivered = [root, ...scan, ...happened.flatMap(({ at, change }) => at.map((at) => ({ at, change })))]
        .toSorted((a, b) => a.at - b.at)
        .map(({ change }) => change)
      const size = [1, 2, 3, delivered.length][batchSize]!
      const documents = fold(
        Array.from({ length: Math.ceil(delivered.length / size) }, (_, i) => delivered.slice(i * size, (i + 1) * size))
      )
      const end = [...rowsAt(happened.length)].map(([row, all]) => {
        // What a scan saw of a row's first state is known only where it is read before the row changes.
        const seen = all.length === 1 || rowsAt(scanAt).get(row)!.length === 1 ? all : all.slice(1)
        return { row, state: states[seen.findLast((state) => states[state]?.isRefused === undefined) ?? 0] }
      })
      const list = (of: (state: State, row: string) => object | undefined) =>
        end.flatMap(({ row, state }) => (state === undefined ? [] : (of(state, row) ?? [])))
      const task = visible(documents.get("tasks")!)
      assert.deepStrictEqual(task, {
        title: "t",
        comments: list(({ comment }) => comment),
        likes: list(({ image }, row) => (image === states[3]!.image ? { who: row } : undefined))
      })
      const feed = documents.get("feeds")
      const open = list(({ open }) => open)
      assert.deepStrictEqual(feed && visible(feed), open.length === 0 ? undefined : { open })
    },
    { arbitrary: { runs: 2000 } }
  )
})

const isSame = (image: Attributes, found: Attributes | undefined): boolean => {
  if (found === undefined) return false
  const { PK: _, SK: __, ...own } = found
  return JSON.stringify(own) === JSON.stringify(image)
}
