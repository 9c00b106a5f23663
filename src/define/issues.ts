/** Issues that a schema finds in a value. Pure. */
import { type Schema, SchemaIssue } from "effect"

export interface Issue {
  /** Words for what was expected, without the value. */
  readonly message: string
  /** The names and places in lists that lead to it. */
  readonly path: ReadonlyArray<PropertyKey>
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Gives each thing that is wrong, with its path. */
export const issuesOf = ({ issue }: Schema.SchemaError): ReadonlyArray<Issue> =>
  format(issue).issues.map(({ message, path = [] }) => ({
    message,
    path: path.map((step) => (typeof step === "object" ? step.key : step))
  }))
