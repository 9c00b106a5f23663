/** `tablefold/lambda`: the program for AWS Lambda. */
export * as Lambda from "./Lambda.ts"
export * as OpenSearchIndex from "../maintain/openSearchIndex.ts"
