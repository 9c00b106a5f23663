/** An export of a table, named on the command line: in a bucket, or in the folder it was copied into. */
import { Effect } from "effect"
import { Flag } from "effect/cli"
import { layerFolder } from "../source/export/folderExportFiles.ts"
import * as TableExport from "../source/export/TableExport.ts"
import { Failure } from "./Failure.ts"
import { locationOf } from "../s3.ts"
import { s3Settings } from "./s3Settings.ts"

export const exported = Flag.String("export").pipe(
  Flag.withMetavar("place"),
  Flag.withDescription(
    "Read a full export (DYNAMODB_JSON), not the table: s3://bucket/prefix, or the folder it was copied into. It is " +
      "the export itself, or what it alone lies below (default: the table)"
  ),
  Flag.optional
)

/** Opens the export, which has to be of this table: its ARN, or its name where no more is known. */
export const exportOf = Effect.fnUntraced(function* (table: string) {
  const taken = yield* TableExport.open
  if (taken.tableArn === table || taken.tableArn.endsWith(`:table/${table}`)) return taken
  return yield* new Failure({ message: `${taken.place} is an export of ${taken.tableArn}, not of ${table}` })
})

/** The SDK for S3 is loaded for an export in S3 alone. */
export const layerFiles = Effect.fnUntraced(function* (place: string) {
  if (!place.startsWith("s3:")) return layerFolder(place)
  const location = locationOf(place)
  if (location !== undefined) {
    const { layerS3 } = yield* Effect.promise(() => import("../source/export/s3ExportFiles.ts"))
    return layerS3(location, yield* s3Settings)
  }
  return yield* new Failure({ message: `"${place}" is no place in S3; it must be like s3://bucket/prefix` })
})
