/** The table of the SaaS product once pinned notes are rows of their own: a note's name ends earlier than before. */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as before from "./table.ts"

const pinned = Aggregate.many("NOTE#{n}#PINNED", { n: Schema.String })

const Project = Aggregate.make("projects", {
  key: before.projectKey,
  root: before.projectRoot,
  parts: { ...before.projectParts, pinned }
})

export const table = Table.make({
  ...before.names,
  aggregates: [...before.others, Project],
  previous: [before.Project]
})
