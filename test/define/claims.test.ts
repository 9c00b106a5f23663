/** Whose rows are whose: the more specific template wins, names at the end stop, several aggregates share a row. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Claims from "../../src/define/claims.ts"
import { problemsOf } from "../../src/define/problems.ts"
import * as Table from "../../src/define/Table.ts"
import * as Shape from "../../src/define/Shape.ts"
import { fits, templates, textsOf } from "./templates.ts"

const S = Schema.String
const names = { partitionKey: "PK", sortKey: "SK", typeAttribute: undefined }
type Parts = { readonly [field: string]: string }
const make = (name: string, key: Aggregate.Any["key"], parts: Parts): Aggregate.Any =>
  Aggregate.make(name, {
    key,
    parts: Object.fromEntries(
      Object.entries(parts).map(([field, template]) => [field, Aggregate.many(template, { x: S })])
    )
  } as never) as Aggregate.Any

const claimed = (aggregates: ReadonlyArray<Aggregate.Any>, partition: string, sort: string) =>
  Claims.of(aggregates.map(Shape.of))(partition, sort).map(({ row, shape }) => `${shape.aggregate.name}.${row.field}`)

describe("the tasks of a project, with comments and reactions", () => {
  const project = make("projects", "PROJECT#{p}", {
    tasks: "TASK#{t}",
    comments: "TASK#{t}#COMMENT#{c}",
    reactions: "TASK#{t}#COMMENT#{c}#REACTION#{u}"
  })

  it.each<[string, ReadonlyArray<string>]>([
    ["TASK#1", ["projects.tasks"]],
    ["TASK#1#COMMENT#2", ["projects.comments"]],
    ["TASK#1#COMMENT#2#REACTION#ann", ["projects.reactions"]],
    ["TASK#1#COMMENT#2#REACTION#ann#bob", ["projects.reactions"]],
    ["TASK#1#LIKE#ann", []],
    ["TASK#1#COMMENT#2#EDIT#3", []],
    ["TASK#1#", []]
  ])("%s", (sort, expected) => assert.deepStrictEqual(claimed([project], "PROJECT#1", sort), expected))

  it("alone, a name at the end takes the rest", () =>
    assert.deepStrictEqual(claimed([make("p", "P#{p}", { tasks: "TASK#{t}" })], "P#1", "TASK#1#LIKE#ann"), ["p.tasks"]))
})

describe("several aggregates", () => {
  const project = make("projects", "PROJECT#{p}", { tasks: "TASK#{t}" })
  const task = make("tasks", ["PROJECT#{project}", "TASK#{id}"], { comments: "#COMMENT#{c}" })

  it("a name stops where another's template goes on, whatever its names are called", () => {
    assert.deepStrictEqual(claimed([project, task], "PROJECT#1", "TASK#1"), ["projects.tasks"])
    assert.deepStrictEqual(claimed([project, task], "PROJECT#1", "TASK#1#COMMENT#2"), ["tasks.comments"])
    assert.deepStrictEqual(claimed([project], "PROJECT#1", "TASK#1#COMMENT#2"), ["projects.tasks"])
  })

  it("in the partition key as well", () => {
    const all = [make("orgs", "ORG#{o}", { meta: "META" }), make("teams", "ORG#{o}#TEAM#{t}", { meta: "META" })]
    assert.deepStrictEqual(claimed(all, "ORG#1", "META"), ["orgs.meta"])
    assert.deepStrictEqual(claimed(all, "ORG#1#TEAM#2", "META"), ["teams.meta"])
    assert.deepStrictEqual(claimed(all, "ORG#1#OTHER#2", "META"), [])
  })

  it("of other partitions do not stop it", () => {
    const other = make("others", "TEAM#{p}", { comments: "TASK#{t}#COMMENT#{c}" })
    assert.deepStrictEqual(claimed([project, other], "PROJECT#1", "TASK#1#COMMENT#2"), ["projects.tasks"])
  })

  it("alone, or as they were before, one claims what it claims beside the others", () => {
    const keys = { partitionKey: "PK", sortKey: "SK" }
    const at = ({ claims }: Table.Table, sort: string) => claims("PROJECT#1", sort).map(({ row }) => row.field)
    const before = make("projects", "PROJECT#{p}", { tasks: "TASK#{t}", notes: "NOTE#{n}" })
    const table = Table.make({ ...keys, aggregates: [project, task] as never, previous: [before] })
    for (const own of [Table.part(table, [project]), table.previous!]) {
      assert.deepStrictEqual(at(own, "TASK#1"), ["tasks"])
      assert.deepStrictEqual(at(own, "TASK#1#COMMENT#2"), [])
    }
    assert.deepStrictEqual(at(Table.part(table, [task]), "TASK#1#COMMENT#2"), ["comments"])
    assert.deepStrictEqual(at(table.previous!, "NOTE#1"), ["notes"])
  })

  it("each claim a row that is of several", () => {
    const all = [project, make("boards", "PROJECT#{p}", { cards: "TASK#{t}" }), make("x", "X#{p}", { a: "TASK#{t}" })]
    assert.deepStrictEqual(claimed(all, "PROJECT#1", "TASK#1"), ["projects.tasks", "boards.cards"])
    assert.deepStrictEqual(claimed(all, "X#1", "TASK#1"), ["x.a"])
    assert.deepStrictEqual(problemsOf(names, all), [])
  })
})

it.prop(
  "of the kinds that take a key the one wins whose keys are all among the others'",
  [Arbitrary.array(templates(["A", "#"], 2), { minLength: 2, maxLength: 4 })],
  ([sorts]) => {
    const shape = Shape.of(make("things", "T#{id}", Object.fromEntries(sorts.map((sort, i) => [`p${i}`, sort]))))
    const claims = Claims.of([shape])
    const keysOf = new Map(
      shape.rows.map((row) => [row, new Set(texts.filter((text) => fits([row.sortKey!], [text])))] as const)
    )
    const problems = problemsOf(names, [shape.aggregate])
    let isAmbiguous = false
    for (const text of texts) {
      const taking = shape.rows.filter((row) => keysOf.get(row)!.has(text))
      const narrowest = taking.filter((row) =>
        taking.every((other) => other === row || isWithin(keysOf.get(row)!, keysOf.get(other)!))
      )
      const found = claims("T#1", text).map(({ row }) => row)
      if (taking.length === 0) assert.deepStrictEqual(found, [])
      else if (narrowest.length === 1) assert.deepStrictEqual(found, narrowest)
      else isAmbiguous = true
    }
    assert.strictEqual(problems.length > 0, isAmbiguous, problems.join("\n"))
  },
  { arbitrary: { runs: 300 } }
)

// One character more than the templates have, as in the tests of `covers`.
const texts = textsOf(["A", "#", "x"], 6)

const isWithin = (inner: ReadonlySet<string>, outer: ReadonlySet<string>) => [...inner].every((text) => outer.has(text))
