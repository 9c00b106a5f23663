/** Whether a table can be read at all, asked before a command begins. */
import { Effect } from "effect"
import { ScanApi } from "../source/ScanApi.ts"

/** Later on DynamoDB is asked without end, as what passes must stop no scan; an address that is wrong never passes. */
export const reached = (tableName: string) => Effect.asVoid(Effect.flatMap(ScanApi, (api) => api.describe(tableName)))
