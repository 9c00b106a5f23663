/** An export of a table, named on the command line: in a bucket, or in the folder it was copied into. */
import { Effect } from "effect"
import { Flag } from "effect/cli"
import * as setting from "../setting.ts"
import { layerFolder } from "../source/export/folderExportFiles.ts"
import * as TableExport from "../source/export/TableExport.ts"
import { Failure } from "./Failure.ts"
import { clientSettings } from "./stream.ts"

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
  const { layerS3, locationOf } = yield* Effect.promise(() => import("../source/export/s3ExportFiles.ts"))
  const location = locationOf(place)
  if (location !== undefined) return layerS3(location, yield* s3Settings)
  return yield* new Failure({ message: `"${place}" is no place in S3; it must be like s3://bucket/prefix` })
})

/** Another server than AWS, such as one on this machine. */
const s3Settings = Effect.gen(function* () {
  const endpoint = (yield* setting.text("AWS_ENDPOINT_URL_S3")) ?? (yield* setting.text("AWS_ENDPOINT_URL"))
  if (endpoint === undefined) return {}
  if (URL.canParse(endpoint)) return { endpoint, ...(yield* clientSettings(new URL(endpoint))) }
  return yield* new Failure({
    message: `AWS_ENDPOINT_URL_S3 is no address: "${endpoint}"; it must be like http://localhost:9090`
  })
})
