/** `tablefold/lambda`: the programs for AWS Lambda. */
export * as Lambda from "./Lambda.ts"
export * as OpenSearchIndex from "../maintain/openSearchIndex.ts"
