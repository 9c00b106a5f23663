/** `tablefold/cdk`: a construct for aws-cdk-lib. */
export type { Alarms } from "./alarms.ts"
export type { TableSearchProps } from "./props.ts"
export type { VerifyProps } from "./proof.ts"
export { Backfill, type BackfillProps } from "./Backfill.ts"
export { TableSearch } from "./TableSearch.ts"
